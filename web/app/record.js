// Recording in the browser: the microphone, the sound of a tab where the browser gives it, or both in one. It goes on while the user looks at other
// pages; when it is stopped it is uploaded like any file.
import { announce, attempt, confirmDialog, dialogButtons, fill, h, icon, iconButton, notice, openDialog } from './dom.js';
import { uploadEvents } from './drop.js';
import { bytes, clock, localTime } from './format.js';
import { keepRecording, keptRecordings, removeRecording } from './recordings.js';
import { link } from './router.js';
import { text } from './strings.js';
import { addFiles } from './upload.js';

const PIECE_MS = 3000;
const SHOW_MS = 200;
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];
const BITS_PER_SECOND = 64000;  // Opus, speech of several people

const kept = new Map();  // a file on its way → the id of its recording
uploadEvents.addEventListener('sent', (event) => {
    const id = kept.get(event.detail);
    if (id) removeRecording(id);
    kept.delete(event.detail);
});

let current = null;

/** Which sounds: {microphone, tab}, or null. */
async function askWhat() {
    const box = (checked) => h('input', { type: 'checkbox', checked, onchange: () => { start.disabled = !microphone.checked && !tab.checked; } });
    const microphone = box(true), tab = box(false);
    const buttons = dialogButtons(['no', text.meeting.cancel], ['yes', text.record.start, 'primary']);
    const start = buttons.lastChild;
    const answer = await openDialog({ title: text.record.title, focus: start }, h('p.aside', text.record.why),
        h('label.check', microphone, h('span', text.record.microphone)),
        navigator.mediaDevices.getDisplayMedia && h('label.check', tab, h('span', text.record.tab)), buttons);
    return answer === 'yes' ? { microphone: microphone.checked, tab: tab.checked } : null;
}

/** The streams asked for; ends what it has where one is refused. */
async function openStreams({ microphone, tab }) {
    const streams = [];
    try {
        // First, since the browser wants the click for it.
        if (tab) streams.push(await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true }));
        if (tab && !streams[0].getAudioTracks().length) throw new Error(text.record.noTabSound);
        if (microphone) streams.push(await navigator.mediaDevices.getUserMedia({ audio: true }));
        return streams;
    } catch (error) {
        for (const stream of streams) stream.getTracks().forEach((track) => track.stop());
        throw error.name === 'NotAllowedError' ? new Error(text.record.notAllowed) : error;
    }
}

/** All sounds as one stream, and how loud it is: {stream, level(): 0..1, close()}. */
function mix(streams) {
    const context = new AudioContext();
    const out = context.createMediaStreamDestination(), analyser = context.createAnalyser();
    for (const stream of streams) {
        const source = context.createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
        source.connect(out);
        source.connect(analyser);
    }
    const samples = new Float32Array(analyser.fftSize);
    const level = () => {
        analyser.getFloatTimeDomainData(samples);
        return Math.min(1, Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) * 4);
    };
    return { stream: out.stream, level, close: () => context.close() };
}

function nameFor(time, type) {
    const end = type.startsWith('audio/mp4') ? 'm4a' : type.startsWith('audio/ogg') ? 'ogg' : 'webm';
    return `${text.record.name} ${localTime(time).replace('T', ' ').replaceAll(':', '.')}.${end}`;
}

function send(id, file) {
    kept.set(file, id);
    addFiles([{ file, handle: null }]);
    location.hash = link.meetings();
}

/** The bar at the window's edge while it records. */
function createBar(recorder, sound, onStop, onDiscard) {
    const time = h('strong.time'), meter = h('meter', { min: 0, max: 1, 'aria-label': text.record.level });
    const toggle = h('button.quiet', { onclick: () => (recorder.state === 'paused' ? recorder.resume() : recorder.pause()) });
    const element = h('section.recording', { 'aria-label': text.record.label }, h('span.dot', { 'aria-hidden': 'true' }), time, meter, toggle,
        h('button.primary', { onclick: onStop }, text.record.stop), iconButton('trash', text.record.discard, onDiscard));
    let ran = 0, since = performance.now();
    function showState() {
        const paused = recorder.state === 'paused';
        if (paused) ran += performance.now() - since;
        else since = performance.now();
        element.classList.toggle('paused', paused);
        fill(toggle, icon(paused ? 'play' : 'pause'), h('span', paused ? text.record.goOn : text.record.pause));
    }
    function tick() {
        time.textContent = clock(ran + (recorder.state === 'recording' ? performance.now() - since : 0));
        meter.value = recorder.state === 'recording' ? sound.level() : 0;
    }
    const timer = setInterval(tick, SHOW_MS);
    recorder.addEventListener('pause', showState);
    recorder.addEventListener('resume', showState);
    showState();
    ran = 0;
    tick();
    document.body.append(element);
    return { close() { clearInterval(timer); element.remove(); } };
}

const mayDiscard = () => confirmDialog({
    title: text.record.discardTitle, text: text.record.discardText, yes: text.record.discardYes, no: text.meeting.deleteNo,
});

async function record(what) {
    const streams = await openStreams(what);
    const sound = mix(streams);
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) ?? '';
    const recorder = new MediaRecorder(sound.stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    const started = new Date();
    const keeper = await keepRecording(nameFor(started, type), type.split(';')[0], started.getTime());
    let discarded = false;

    recorder.addEventListener('dataavailable', (event) => { if (event.data.size) keeper.add(event.data); });
    recorder.addEventListener('error', () => notice(text.record.broken, { error: true }));
    recorder.addEventListener('stop', async () => {
        sound.close();
        for (const stream of streams) stream.getTracks().forEach((track) => track.stop());
        current = null;
        const file = await keeper.file();
        // Gone for good before the bar is: a page that is loaded again at once must not offer it.
        if (discarded || file.size === 0) await removeRecording(keeper.id);
        else send(keeper.id, file);
        keeper.end();
        bar.close();
    });
    const stop = () => { if (recorder.state !== 'inactive') recorder.stop(); };
    const discard = async () => {
        if (!await mayDiscard()) return;
        discarded = true;
        stop();
    };
    // When the user ends the sharing in the browser's own bar: the microphone goes on alone.
    const tracks = streams.flatMap((stream) => stream.getAudioTracks());
    const ended = () => { if (tracks.every((track) => track.readyState === 'ended')) stop(); };
    for (const track of tracks) track.addEventListener('ended', ended);
    recorder.start(PIECE_MS);
    const bar = createBar(recorder, sound, stop, discard);
    current = recorder;
    announce(text.record.announce);
}

/** Asks what to record, and begins. */
export async function startRecording() {
    if (current) return;
    const what = await askWhat();
    if (what) await attempt(() => record(what));
}

/** To be called once: offers what an earlier page has recorded and not sent. */
export async function start() {
    window.addEventListener('beforeunload', (event) => { if (current) event.preventDefault(); });
    for (const { id, file } of await keptRecordings()) {
        const box = h('div.notice', h('p', text.record.found(file.name, bytes(file.size))),
            h('button.plain', { onclick: () => { box.remove(); send(id, file); } }, text.record.send),
            iconButton('trash', text.record.discard, async () => {
                if (!await mayDiscard()) return;
                box.remove();
                removeRecording(id);
            }));
        document.getElementById('notices').append(box);
    }
}
