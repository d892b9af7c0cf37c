// The transcript by speaker turns. A segment is one text node; words are marked by the CSS Custom Highlight API, so that
// hours of talk cost no element a word. A browser without that API marks whole segments.
import { fill, h, iconButton } from './dom.js';
import { clock } from './format.js';
import { text } from './strings.js';
import { createFind } from './find.js';
import { highlight, rangeOf } from './highlight.js';
import { selectionMenu } from './selection.js';
import { turnForm } from './turn-form.js';

const TURN_MS_MAX = 90000;
const PARAGRAPH_MS_MAX = 20000; // where nobody knows who speaks, a paragraph is all that parts the text
const SPEAKER_COLOURS = 6;
const STRETCH_TURNS = 20; // drawn, or not yet, as one: as meeting.css says how high they are
const QUOTE_SEGMENTS_MAX = 20; // as the server
const GLIDE_PX_MAX = 2000; // a longer way is a jump

/** Consecutive segments of a speaker; a long speech is broken so that there is a time every minute or so. */
function turnsOf(segments) {
    const turns = [];
    segments.forEach((segment, index) => {
        const turn = turns.at(-1);
        const longest = segment.speaker ? TURN_MS_MAX : PARAGRAPH_MS_MAX;
        if (turn && turn.speaker === segment.speaker && segment.start_ms - turn.start_ms < longest) turn.indexes.push(index);
        else turns.push({ speaker: segment.speaker, start_ms: segment.start_ms, indexes: [index] });
    });
    return turns;
}

/** Where each word with a time stands in the segment's text: [{start_ms, end_ms, from, to}]. An edit may have removed words. */
function wordPlaces(segment) {
    const places = [];
    let from = 0;
    for (const [start_ms, end_ms, word] of segment.words ?? []) {
        const at = segment.text.indexOf(word, from);
        if (at < 0) continue;
        from = at + word.length;
        places.push({ start_ms, end_ms, from: at, to: from });
    }
    return places;
}

/** Last index of `list` whose start is at or before `ms`; -1: none. The list is in order of time. */
function lastStarted(list, ms) {
    let low = 0, high = list.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (list[middle].start_ms <= ms) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

/** The place in the text below a point: [node, offset], or null. */
function caretAt(x, y) {
    if (document.caretPositionFromPoint) {
        const caret = document.caretPositionFromPoint(x, y);
        return caret && [caret.offsetNode, caret.offset];
    }
    const range = document.caretRangeFromPoint?.(x, y);
    return range ? [range.startContainer, range.startOffset] : null;
}

/**
 * `onSeek(ms)` is called when the user clicks on a word or a time; null: there is nothing to play. `save(patch)` resolves to whether it was saved.
 * `onAdd(kind, quote)`: an item is to be added, with these words as its proof.
 */
export function createTranscript({ transcript, onSeek, save, onAdd, signal }) {
    const { segments } = transcript;
    const speakers = transcript.speakers ??= [];
    const timed = transcript.timed !== false;
    const elements = [];
    const body = h('div', { class: onSeek ? 'turns playable' : 'turns' });

    const stampButton = (ms) =>
        h('button.stamp', { 'data-ms': ms, 'aria-label': text.transcript.playFrom(clock(ms)) }, clock(ms));

    const nameOf = (id) => speakers.find((speaker) => speaker.id === id)?.name ?? (id ? String(id) : null);

    function turnElement(turn) {
        const number = speakers.findIndex((speaker) => speaker.id === turn.speaker);
        const name = nameOf(turn.speaker);
        const element = h('section', { class: `turn speaker-${number < 0 ? 'none' : number % SPEAKER_COLOURS}` },
            h('header', name && h('h3', name),
                timed && (onSeek ? stampButton(turn.start_ms) : h('span.stamp', clock(turn.start_ms)))),
            h('p', turn.indexes.flatMap((index) => {
                elements[index] = h('span', { 'data-index': index }, segments[index].text);
                return [elements[index], ' '];
            })));
        turnOf.set(element, turn);
        return element;
    }

    // Turns get their buttons when they are a pane away: three hours of talk have thousands.
    const turnOf = new WeakMap();
    const near = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach(({ target }) => {
        near.unobserve(target);
        for (const element of target.children) if (turnOf.has(element)) addTools(turnOf.get(element), element);
    }), { rootMargin: '99%', scrollMargin: '99%' });
    function addTools(turn, element) {
        const place = timed ? clock(turn.start_ms) : nameOf(turn.speaker) ?? text.transcript.unknown;
        element.firstChild.append(h('span.turn-tools',
            iconButton('edit', text.transcript.edit(place), () => editTurn(turn, element)),
            iconButton('add', text.transcript.addItem(place), () => onAdd('action', quoteOf(turn.indexes[0], turn.indexes.at(-1))))));
    }

    /** The words from a segment to another as the proof of an item; `quote` null: all of them. */
    function quoteOf(first, last, quote = null) {
        last = Math.min(last, first + QUOTE_SEGMENTS_MAX - 1);
        const words = quote ?? segments.slice(first, last + 1).map((segment) => segment.text).join(' ');
        return { segments: [first, last], quote: words, speaker: nameOf(segments[first].speaker), start_ms: segments[first].start_ms };
    }

    /** Corrects a turn in its place. It is shown as it was typed at once, and comes back into the form where it can't be saved. */
    function editTurn(turn, element, typed = null) {
        const parts = turn.indexes.map((index) => ({ index, text: segments[index].text }));
        const known = speakers.map((speaker) => speaker.name);
        const form = turnForm({ parts, speaker: nameOf(turn.speaker), known, typed, onCancel: () => back(element), onSave });
        const back = (shown) => { form.replaceWith(shown); shown.querySelector('.turn-tools button')?.focus(); };
        async function onSave(change) {
            if (!Object.keys(change.patch).length) return back(element);
            const before = structuredClone({ segments: turn.indexes.map((index) => segments[index]), speakers });
            apply(change.patch);
            show(change.patch);
            if (await save(change.patch)) return undefined;
            turn.indexes.forEach((index, i) => { segments[index] = before.segments[i]; });
            speakers.splice(0, speakers.length, ...before.speakers);
            show(change.patch);
            const shown = elements[turn.indexes[0]].closest('.turn');
            return document.querySelector('dialog') || signal.aborted ? undefined : editTurn(turn, shown, change.typed);
        }
        /** Who speaks parts the turns; words alone stay where they are. */
        function show(patch) {
            if (patch.speakers || Object.values(patch.segments).some((segment) => 'speaker' in segment)) return render();
            for (const index of turn.indexes) elements[index].textContent = segments[index].text;
            if (form.isConnected) back(element);
            return activate(active);
        }
        element.replaceWith(form);
        form.querySelector('textarea').focus();
    }

    /** What the server makes of the patch. */
    function apply(patch) {
        for (const speaker of speakers) speaker.name = patch.speakers?.[speaker.name] ?? speaker.name;
        for (const [index, change] of Object.entries(patch.segments ?? {})) {
            if (change.text) segments[index].text = change.text;
            if (change.speaker === undefined) continue;
            let speaker = speakers.find((one) => one.name === change.speaker);
            if (!speaker && change.speaker) speakers.push(speaker = { id: `S${speakers.length + 1}`, name: change.speaker });
            segments[index].speaker = speaker?.id ?? null;
        }
    }

    function render() {
        const turns = turnsOf(segments).map(turnElement);
        fill(body);
        while (turns.length) {
            const stretch = h('div.stretch', turns.splice(0, STRETCH_TURNS));
            near.observe(stretch);
            body.append(stretch);
        }
        if (active >= 0) elements[active].classList.add('active');
    }

    const pane = h('div.pane', { tabindex: 0, role: 'region', 'aria-label': text.meeting.transcript }, body);
    const follow = h('button.plain.follow', { hidden: true, onclick: () => setFollowing(true) }, text.transcript.follow);
    let following = true, active = -1, places = [];
    render();

    function setFollowing(on) {
        following = on;
        follow.hidden = on || active < 0;
        if (on && active >= 0) reveal(elements[active]);
    }

    /** Scrolls the pane (where it has no scroll of its own, the window) so that `element` stands in its upper half. */
    function reveal(element) {
        const box = element.getBoundingClientRect();
        if (!box.height) return;
        const own = pane.scrollHeight > pane.clientHeight + 1 && getComputedStyle(pane).overflowY === 'auto';
        const frame = own ? pane.getBoundingClientRect() : { top: 0, bottom: window.innerHeight, height: window.innerHeight };
        const bottom = Math.min(frame.bottom, window.innerHeight) - frame.height * 0.3;
        if (box.top >= frame.top + 60 && box.bottom <= bottom) return;
        const still = matchMedia('(prefers-reduced-motion: reduce)').matches || Math.abs(box.top - frame.top) > GLIDE_PX_MAX;
        const behavior = still ? 'instant' : 'smooth';
        (own ? pane : window).scrollBy({ top: box.top - frame.top - frame.height * 0.3, behavior });
    }

    function activate(index) {
        elements[active]?.classList.remove('active');
        active = index;
        places = index >= 0 ? wordPlaces(segments[index]) : [];
        elements[active]?.classList.add('active');
        if (index >= 0 && following) reveal(elements[index]);
        follow.hidden = following || active < 0;
    }

    /** Marks what is said at `ms`. */
    function setTime(ms) {
        if (!timed) return;
        const index = lastStarted(segments, ms);
        if (index !== active) activate(index);
        const word = places[lastStarted(places, ms)];
        highlight('spoken', word && ms < word.end_ms + 300 ? [rangeOf(elements[active].firstChild, word.from, word.to)] : []);
    }

    /** Marks the segments `first`..`last` as quoted and shows them. */
    function quote(first, last) {
        for (const element of body.querySelectorAll('.quoted')) element.classList.remove('quoted');
        const from = segments.findIndex((segment, index) => (segment.id ?? index) === first);
        if (from < 0) return;
        for (let i = from; i < segments.length && (segments[i].id ?? i) <= last; i++) elements[i].classList.add('quoted');
        following = true;
        reveal(elements[from]);
    }

    /** When the word below the pointer begins; where words have no times, when its segment does. */
    function startOfWord(span, event) {
        const segment = segments[span.dataset.index];
        const [node, offset] = caretAt(event.clientX, event.clientY) ?? [];
        const word = node === span.firstChild ? wordPlaces(segment).find((place) => offset <= place.to) : null;
        return word?.start_ms ?? segment.start_ms;
    }

    function click(event) {
        const stamp = event.target.closest('button.stamp');
        const span = event.target.closest('[data-index]');
        if (!onSeek || !timed || !(stamp || span) || (span && !getSelection().isCollapsed)) return undefined;
        setFollowing(true);
        return onSeek(stamp ? Number(stamp.dataset.ms) : startOfWord(span, event));
    }
    body.addEventListener('click', click);
    for (const name of ['wheel', 'touchmove']) pane.addEventListener(name, () => setFollowing(false), { passive: true });
    signal.addEventListener('abort', () => highlight('spoken', []));

    const showFound = (found) => { setFollowing(false); reveal(found); };
    const find = createFind({ count: segments.length, textOf: (index) => segments[index].text, elements, reveal: showFound, signal });
    const element = h('div.transcript',
        h('div.bar', h('h2', text.meeting.transcript), follow, find.element), pane);
    selectionMenu({ body, host: element, onAdd: (kind, ...place) => onAdd(kind, quoteOf(...place)), signal });
    return { element, setTime, quote };
}

/** The plain text of a meeting that has no segments. */
export function plainTranscript(words) {
    return h('div.transcript',
        h('div.bar', h('h2', text.meeting.transcript)),
        h('div.pane', { tabindex: 0, role: 'region', 'aria-label': text.meeting.transcript },
            words ? h('p.plain-text', words) : h('p.aside', text.transcript.none)));
}
