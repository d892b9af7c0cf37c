// Uploads: they go on while the user looks at other pages, a few at a time, and each can be cancelled or sent again.
import { uploadFile } from './api.js';
import { announce, fill, h, icon, iconButton, notice } from './dom.js';
import { bytes, duration } from './format.js';
import { text } from './strings.js';

const AT_ONCE = 2;
const RATE_WINDOW_MS = 8000;
const ACCEPT = 'audio/*,video/*,.m4a,.mp3,.wav,.mp4,.webm,.ogg,.opus,.flac,.aac,.mkv,.mov,.vtt,.srt,.txt,.json';

/** Fires `sent` each time the server has taken a file. */
export const uploadEvents = new EventTarget();

const uploads = [];
// One list for as long as the page is open; each showing of the meetings takes it in.
const listElement = h('ul.rows.uploads', { 'aria-label': text.upload.label });

/** Bytes a second over the last seconds; 0 while unknown. */
function createRate() {
    const samples = [];
    return (sent) => {
        const now = performance.now();
        samples.push({ now, sent });
        while (samples.length > 2 && now - samples[0].now > RATE_WINDOW_MS) samples.shift();
        const span = now - samples[0].now;
        return span > 500 ? (sent - samples[0].sent) * 1000 / span : 0;
    };
}

function createUpload(file) {
    const bar = h('progress', { max: Math.max(1, file.size), value: 0, 'aria-label': file.name });
    const line = h('p.stage', text.upload.waiting);
    const state = h('div.progress', bar, line);
    const upload = { file, state: 'waiting', control: new AbortController() };
    const cancel = iconButton('close', text.upload.cancel(file.name), () => drop(upload));
    upload.element = h('li.row', h('div.row-link', h('span.row-title', file.name)), state, cancel);
    upload.showProgress = (sent, rate) => {
        bar.value = sent;
        const parts = [text.upload.sent(bytes(sent), bytes(file.size))];
        const leftMs = (file.size - sent) / rate * 1000;
        if (rate > 0) parts.push(text.upload.rate(bytes(Math.round(rate))), text.left(duration(leftMs)));
        line.textContent = parts.join(', ');
    };
    upload.showFailure = (why) => {
        upload.element.classList.add('failed');
        fill(state, h('p.reason', why), h('button.plain', { onclick: () => again(upload) }, text.upload.again));
    };
    return upload;
}

function drop(upload) {
    upload.control.abort();
    upload.element.remove();
    const at = uploads.indexOf(upload);
    if (at >= 0) uploads.splice(at, 1);
    next();
}

function again(upload) {
    drop(upload);
    addFiles([upload.file]);
}

async function run(upload) {
    upload.state = 'sending';
    const rate = createRate();
    try {
        const onProgress = (sent) => upload.showProgress(sent, rate(sent));
        await uploadFile(upload.file, { signal: upload.control.signal, onProgress });
        announce(text.upload.announceDone(upload.file.name));
        uploadEvents.dispatchEvent(new Event('sent'));
        return drop(upload);
    } catch (error) {
        if (error.name === 'AbortError') return;
        upload.state = 'failed';
        upload.showFailure(error.message);
        announce(text.upload.announceFailed(upload.file.name, error.message));
    }
    return next();
}

function next() {
    const sending = uploads.filter((upload) => upload.state === 'sending').length;
    uploads.filter((upload) => upload.state === 'waiting').slice(0, Math.max(0, AT_ONCE - sending)).forEach(run);
}

function addFiles(files) {
    for (const file of files) {
        if (file.size === 0) {
            notice(text.upload.empty(file.name), { error: true });
            continue;
        }
        const upload = createUpload(file);
        uploads.push(upload);
        listElement.append(upload.element);
    }
    next();
}

/** The drop area with its file chooser, and below it the uploads under way. */
export function uploadPanel() {
    const chosen = () => { addFiles([...input.files]); input.value = ''; };
    const input = h('input.unseen', { type: 'file', id: 'files', multiple: true, accept: ACCEPT, onchange: chosen });
    const area = h('div.drop', icon('upload'),
        h('p.drop-line', h('span.drop-hint', text.upload.drop, ' '), input,
            h('label.primary', { for: 'files' }, text.upload.choose)),
        h('p.aside', text.upload.kinds));
    return h('section.upload', { 'aria-label': text.upload.label }, area, listElement);
}

/** Files dropped anywhere on the page are uploaded; without this the browser would open them in its place. */
export function acceptDrops(target) {
    const holdsFiles = (event) => [...event.dataTransfer?.types ?? []].includes('Files');
    const mark = (on) => document.body.classList.toggle('dropping', on);
    target.addEventListener('dragover', (event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        mark(true);
    });
    target.addEventListener('dragleave', (event) => { if (!event.relatedTarget) mark(false); });
    target.addEventListener('drop', (event) => {
        mark(false);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        addFiles([...event.dataTransfer.files]);
        if (location.hash && location.hash !== '#/') location.hash = '#/';
    });
    target.addEventListener('beforeunload', (event) => {
        if (uploads.some((upload) => upload.state === 'waiting' || upload.state === 'sending')) event.preventDefault();
    });
}
