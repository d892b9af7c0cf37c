// The recording: an audio element with our own controls, and the keys to it.
import { h, iconButton, fill, icon, notice } from './dom.js';
import { clock } from './format.js';
import { text } from './strings.js';
import { createWaveform } from './waveform.js';

const STEP_MS = 5000;
const BIG_STEP_MS = 30000;
const BACK_MS = 10000;
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2, 2.5];
const SILENCE_MS = 1500;      // a shorter one belongs to the talk
const SILENCE_KEPT_MS = 300;  // on either side

/** The spans in which nobody speaks, of segments in order of time: [{from, to}]. */
function silencesOf(segments, durationMs) {
    const silences = [];
    let end = 0;
    for (const { start_ms, end_ms } of [...segments, { start_ms: durationMs, end_ms: durationMs }]) {
        if (start_ms - end > SILENCE_MS) silences.push({ from: end + (end && SILENCE_KEPT_MS), to: start_ms - SILENCE_KEPT_MS });
        end = Math.max(end, end_ms);
    }
    return silences;
}

// As the user set them last, in this window.
const chosen = { speed: 1, skip: false };

/** Where space and the arrows mean something else already. */
const busy = (target) => target.closest('input, textarea, select, button, a, summary, dialog, [contenteditable]') !== null;

/** `onTime(ms)` is called for each frame while it plays, and on each seek. `segments`: where someone speaks.
 * `explain()`: a promise of why the recording can't be had. */
export function createPlayer({ url, durationMs, segments, onTime, explain, signal }) {
    const audio = h('audio', { src: url, preload: 'metadata' });
    const canvas = h('canvas');
    const slider = h('div.wave', { role: 'slider', tabindex: 0, 'aria-label': text.player.seek, 'aria-valuemin': 0 }, canvas);
    const time = h('span.time');
    const playButton = iconButton('play', text.player.play, toggle, { kind: 'play' });
    const setSpeed = () => { chosen.speed = audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value); };
    const speed = h('select.speed', { 'aria-label': text.player.speed, onchange: setSpeed },
        SPEEDS.map((rate) => h('option', { value: rate, selected: rate === chosen.speed }, `${rate}×`)));
    const silences = silencesOf(segments, durationMs);
    const toggleSkip = () => { chosen.skip = !chosen.skip; skip.setAttribute('aria-pressed', chosen.skip); };
    const skip = h('button.quiet.skip-silence', {
        hidden: !silences.length, 'aria-pressed': String(chosen.skip), title: text.player.skipWhy, onclick: toggleSkip,
    }, icon('skip'), h('span', text.player.skip));
    const trouble = h('p.note', { hidden: true });
    const element = h('section.player', { 'aria-label': text.player.label }, playButton,
        iconButton('undo', text.player.back, () => seek(position() - BACK_MS)), slider, time, skip, speed, audio, trouble);
    setSpeed();
    const wave = createWaveform(canvas, durationMs, signal);

    const position = () => audio.currentTime * 1000;

    function skipSilence() {
        if (!chosen.skip || audio.paused || audio.seeking) return;
        const now = position();
        const silence = silences.find(({ from, to }) => now >= from && now < to - SILENCE_KEPT_MS);
        if (silence) audio.currentTime = silence.to / 1000;
    }

    function show() {
        skipSilence();
        const now = position();
        wave.setTime(now);
        time.textContent = `${clock(now)} / ${clock(durationMs)}`;
        slider.setAttribute('aria-valuemax', Math.round(durationMs / 1000));
        slider.setAttribute('aria-valuenow', Math.round(now / 1000));
        slider.setAttribute('aria-valuetext', text.player.at(clock(now), clock(durationMs)));
        onTime(now);
    }

    function frame() {
        if (signal.aborted || audio.paused) return;
        show();
        requestAnimationFrame(frame);
    }

    function seek(ms, play = false) {
        audio.currentTime = Math.max(0, durationMs ? Math.min(ms, durationMs - 1) : ms) / 1000;
        // A browser may refuse to play; the place is right all the same, and an unplayable file reports itself by `error`.
        if (play) audio.play().catch(() => {});
        show();
    }

    function toggle() {
        if (audio.paused) audio.play().catch(() => {});
        else audio.pause();
    }

    function showState() {
        const label = audio.paused ? text.player.play : text.player.pause;
        fill(playButton, icon(audio.paused ? 'play' : 'pause'));
        playButton.setAttribute('aria-label', label);
        playButton.title = label;
        frame();
    }

    function key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey || (event.target !== slider && busy(event.target))) return;
        const move = { ArrowLeft: -STEP_MS, ArrowRight: STEP_MS, PageDown: -BIG_STEP_MS, PageUp: BIG_STEP_MS }[event.key];
        const onSlider = event.target === slider;
        if (event.key === ' ') toggle();
        else if (move && (onSlider || event.key.startsWith('Arrow'))) seek(position() + move);
        else if (onSlider && event.key === 'Home') seek(0);
        else if (onSlider && event.key === 'End') seek(durationMs);
        else return;
        event.preventDefault();
    }

    function drag(event) {
        const box = slider.getBoundingClientRect();
        seek((event.clientX - box.left) / box.width * durationMs);
    }
    slider.addEventListener('pointerdown', (event) => {
        if (event.button !== 0) return;
        slider.setPointerCapture(event.pointerId);
        drag(event);
    });
    slider.addEventListener('pointermove', (event) => { if (slider.hasPointerCapture(event.pointerId)) drag(event); });

    for (const name of ['play', 'pause', 'ended']) audio.addEventListener(name, showState);
    for (const name of ['seeked', 'timeupdate']) audio.addEventListener(name, show);
    function takeDuration() {
        if (Number.isFinite(audio.duration)) {
            durationMs = audio.duration * 1000;
            wave.setDuration(durationMs);
        }
        show();
    }
    audio.addEventListener('loadedmetadata', () => {
        takeDuration();
        if (Number.isFinite(audio.duration)) return;
        // What a browser has recorded does not say how long it is; a leap behind its end makes the browser look, and then it can be wound.
        const place = audio.currentTime;
        audio.currentTime = Number.MAX_SAFE_INTEGER;
        audio.addEventListener('durationchange', () => { takeDuration(); audio.currentTime = place; }, { once: true });
    });
    async function tellBroken() {
        if (signal.aborted) return;
        const why = await explain().catch(() => null);
        if (signal.aborted) return;
        element.dataset.broken = '';
        fill(trouble, why ?? text.player.broken);
        trouble.hidden = false;
        notice(why ?? text.player.broken, { error: true });
    }
    audio.addEventListener('error', tellBroken);
    document.addEventListener('keydown', key, { signal });
    signal.addEventListener('abort', () => { audio.pause(); audio.removeAttribute('src'); audio.load(); });
    show();

    return { element, seek, setPeaks: wave.setPeaks, setMarks: wave.setMarks };
}
