// Uploads: they go on while the user looks at other pages, a few at a time; each can be paused, cancelled, sent again, and taken up after a
// reload. This is what is seen of them; where files come from is in drop.js, how they go in transfer.js, what is kept of them in unfinished.js.
import { cancelUpload, readUpload } from './api.js';
import { announce, fill, h, icon, iconButton, notice, tell } from './dom.js';
import { pickFiles, uploadEvents, uploadList } from './drop.js';
import { bytes, duration } from './format.js';
import { text } from './strings.js';
import { Transfer, rerouted } from './transfer.js';
import { forget, hasHandle, heldElsewhere, hold, isSameFile, keptFile, noteSent, remember, unfinished } from './unfinished.js';

const AT_ONCE = 3;
const RATE_WINDOW_MS = 8000;
const SHOW_MS = 250;

// Each has a `state`: waiting, sending, paused, interrupted (of an earlier page: its file is not at hand), failed, dropped.
const uploads = [];

/** Bytes a second over the last seconds; 0 while unknown. */
function createRate() {
    let samples = [];
    return (sent) => {
        const now = performance.now();
        if (samples.length && sent < samples.at(-1).sent) samples = [];  // a part has to be sent again
        samples.push({ now, sent });
        while (samples.length > 2 && now - samples[0].now > RATE_WINDOW_MS) samples.shift();
        const span = now - samples[0].now;
        return span > 500 ? (sent - samples[0].sent) * 1000 / span : 0;
    };
}

/** `{name, size, lastModified}` of a file, or of an entry of unfinished(), which has an `id`. */
function createUpload(source, { file = null, handle = null } = {}) {
    const { name, size } = source;
    const bar = h('progress', { max: Math.max(1, size), value: 0, 'aria-label': name });
    const line = h('p.stage');
    const more = h('div.upload-more', { hidden: true });
    const toggle = h('button.quiet.toggle', { onclick: () => (upload.state === 'paused' ? goOn(upload) : pause(upload)) });
    const cancel = iconButton('close', text.upload.cancel(name), () => drop(upload, { cancelled: true }));
    const upload = { source, file, handle, state: 'waiting', control: null, transfer: null, known: 0, id: source.id ?? null, trouble: null };
    upload.element = h('li.row', h('div.row-link', h('span.row-title', name)), h('div.progress', bar, line, more), h('div.row-tools', toggle, cancel));

    /** Brings the row up to date; `extra` are elements for its state, put there by setState(). */
    upload.show = () => {
        bar.value = sentOf(upload);
        line.textContent = sentence(upload);
    };
    upload.setState = (state, extra = []) => {
        upload.state = state;
        upload.element.classList.toggle('failed', state === 'failed');
        upload.element.dataset.state = state;
        const paused = state === 'paused';
        const label = (paused ? text.upload.resume : text.upload.pause)(name);
        fill(toggle, icon(paused ? 'play' : 'pause'));
        toggle.setAttribute('aria-label', label);
        toggle.title = label;
        toggle.hidden = !['waiting', 'sending', 'paused'].includes(state);
        bar.hidden = line.hidden = state === 'failed';
        more.hidden = extra.length === 0;
        fill(more, extra);
        upload.rate = createRate();
        upload.show();
    };
    upload.setState('waiting');
    return upload;
}

/** While it is sent with what is on its way, else what is there. */
const sentOf = ({ state, transfer, known }) => (state === 'sending' ? transfer.sent : transfer?.done) || known;

/** "12 MB of 40 MB, 3.2 MB/s, about 9 s left", or what keeps it. */
function sentence(upload) {
    const { state, source, transfer, rate } = upload;
    const sent = sentOf(upload);
    const parts = [text.upload.sent(bytes(sent), bytes(source.size))];
    if (state === 'waiting') return text.upload.waiting;
    if (state === 'paused') return [text.upload.paused, ...parts].join(', ');
    if (state === 'interrupted') return [text.upload.interrupted, ...parts].join(', ');
    if (state !== 'sending') return '';
    if (transfer.trouble && !transfer.moving) return text.upload.retry(transfer.trouble.message, Math.ceil((transfer.trouble.until - Date.now()) / 1000));
    if (transfer.completing) return text.upload.finishing;
    const perSecond = rate(sent);
    if (perSecond > 0) parts.push(text.upload.rate(bytes(Math.round(perSecond))), text.left(duration((source.size - sent) / perSecond * 1000)));
    const way = rerouted() ? text.upload.throughServer : '';
    return sent > 0 ? parts.join(', ') + way : text.upload.starting;
}

// The rows of what is under way are shown a few times a second, however often something moves.
let ticker = null;
function tick() {
    const sending = uploads.filter((upload) => upload.state === 'sending');
    for (const upload of sending) {
        upload.show();
        const why = upload.transfer.trouble?.message ?? null;
        if (why && !upload.troubled) announce(text.upload.announceTrouble(upload.source.name, why));
        upload.troubled = why !== null;
    }
    if (sending.length === 0) { clearInterval(ticker); ticker = null; }
}

function stop(upload) {
    upload.control?.abort();
    upload.control = null;
}

function pause(upload) {
    stop(upload);
    upload.setState('paused');
    announce(text.upload.announcePaused(upload.source.name));
    next();
}

function goOn(upload) {
    upload.setState('waiting');
    announce(text.upload.announceGoesOn(upload.source.name));
    next();
}

/** Takes it off the list; what the server has of it goes as well when it is cancelled. */
function drop(upload, { cancelled = false } = {}) {
    const hadFocus = upload.element.contains(document.activeElement);
    const neighbour = upload.element.nextElementSibling ?? upload.element.previousElementSibling;
    stop(upload);
    upload.state = 'dropped';
    upload.element.remove();
    uploads.splice(uploads.indexOf(upload), 1);
    if (upload.id) forget(upload.id);
    // Where this fails the server drops it by itself, in some days.
    if (cancelled && upload.id) cancelUpload(upload.id).catch((error) => { if (error.status !== 404) tell(error); });
    if (hadFocus) (neighbour?.querySelector('.row-tools button:not([hidden])') ?? document.getElementById('files'))?.focus();
    next();
}

async function run(upload) {
    const { name } = upload.source;
    const control = new AbortController();
    upload.control = control;
    upload.transfer ??= new Transfer(upload.file, upload.id, upload.source.sent ?? [], {
        begun: (id) => { upload.id = id; hold(id, upload.control.signal); remember(id, upload.file, upload.handle); },
        gone: (id) => { upload.id = null; upload.known = 0; forget(id); },
        acknowledged: noteSent,
    });
    upload.setState('sending');
    ticker ??= setInterval(tick, SHOW_MS);
    try {
        if (upload.id && !await hold(upload.id, control.signal)) throw new Error(text.upload.otherTab(name));
        await upload.transfer.run(control.signal);
        control.abort();  // lets go of the lock
        announce(text.upload.announceDone(name));
        uploadEvents.dispatchEvent(new CustomEvent('sent', { detail: upload.file }));
        return drop(upload);
    } catch (error) {
        if (control.signal.aborted) return;  // paused or cancelled
        control.abort();
        const again = h('button.plain', { onclick: () => goOn(upload) }, text.upload.again);
        upload.setState('failed', [h('p.reason', error.message), again]);
        announce(text.upload.announceFailed(name, error.message));
    }
    return next();
}

function next() {
    const sending = uploads.filter((upload) => upload.state === 'sending').length;
    uploads.filter((upload) => upload.state === 'waiting').slice(0, Math.max(0, AT_ONCE - sending)).forEach(run);
}

function add(upload) {
    uploads.push(upload);
    uploadList.append(upload.element);
}

/** The file of an upload of an earlier page is at hand again. */
function takeUp(upload, file, handle) {
    upload.file = file;
    upload.handle = handle;
    goOn(upload);
}

function addFile(file, handle) {
    const before = uploads.find((upload) => upload.state === 'interrupted' && isSameFile(upload.source, file));
    if (before) takeUp(before, file, handle);
    else if (file.size === 0) notice(text.upload.empty(file.name), { error: true });
    else add(createUpload({ name: file.name, size: file.size, lastModified: file.lastModified }, { file, handle }));
}

/** `chosen`: [{file, handle}], the handle null where the browser has none. */
export function addFiles(chosen) {
    for (const { file, handle } of chosen) addFile(file, handle);
    next();
}

/** Goes on with the file that was kept, or else with the one that the user chooses now. */
async function choose(upload) {
    const kept = await keptFile(upload.source, true);
    if (kept) return takeUp(upload, kept, null);
    const [chosen] = await pickFiles(false);
    if (!chosen || upload.state !== 'interrupted') return undefined;
    if (isSameFile(upload.source, chosen.file)) return takeUp(upload, chosen.file, chosen.handle);
    return notice(text.upload.otherFile(upload.source.name), { error: true });
}

/** What an earlier page has begun: how far it is, and a way to go on. */
async function showUnfinished(entry) {
    const kept = await keptFile(entry, false);
    const upload = createUpload(entry);
    add(upload);
    if (kept) return takeUp(upload, kept, null);
    const button = h('button.plain.go-on', { onclick: () => choose(upload), 'aria-label': text.upload.resume(entry.name) }, icon('play'), text.upload.goOn);
    upload.setState('interrupted', [h('p.aside', await hasHandle(entry) ? text.upload.goOnWhy : text.upload.chooseAgain), button]);
    try {
        const known = await readUpload(entry.id);
        upload.known = known.parts.reduce((sum, part) => sum + (entry.sent.includes(part.number) ? part.size : 0), 0);
        upload.show();
    } catch (error) {
        // Gone: it has become a meeting, was cancelled elsewhere, or has expired.
        if (error.status === 404 && upload.state === 'interrupted') drop(upload);
    }
    return undefined;
}

/** To be called once: offers to go on with what an earlier page has begun. */
export async function start() {
    const entries = unfinished();
    const elsewhere = await heldElsewhere(entries.map((entry) => entry.id));
    for (const entry of entries) if (!elsewhere.includes(entry.id)) showUnfinished(entry);
}

window.addEventListener('beforeunload', (event) => {
    if (uploads.some((upload) => upload.state === 'waiting' || upload.state === 'sending')) event.preventDefault();
});
