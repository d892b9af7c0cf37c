// Where files come from: chosen or dropped. What becomes of them (upload.js) is loaded when there are some.
import { h, icon } from './dom.js';
import { text } from './strings.js';

const ACCEPT = 'audio/*,video/*,.m4a,.mp3,.wav,.mp4,.webm,.ogg,.opus,.flac,.aac,.mkv,.mov,.vtt,.srt,.txt,.json';

/** Fires `sent` each time the server has taken a file; its `detail`. */
export const uploadEvents = new EventTarget();

// One list for as long as the page is open; each showing of the meetings takes it in.
export const uploadList = h('ul.rows.uploads', { 'aria-label': text.upload.label });

const take = async (chosen) => (await import('./upload.js')).addFiles(chosen);

/** A file dialog; [{file, handle}], none where the user closes it. With handles, where the browser has them: they outlive the page. */
export async function pickFiles(multiple) {
    if (window.showOpenFilePicker) {
        try {
            const picked = await window.showOpenFilePicker({ multiple });
            return await Promise.all(picked.map(async (handle) => ({ file: await handle.getFile(), handle })));
        } catch (error) {
            if (error.name === 'AbortError') return [];  // closed; whatever else it is, the plain dialog may do
        }
    }
    return new Promise((resolve) => {
        const input = h('input', { type: 'file', multiple, accept: ACCEPT });
        input.addEventListener('change', () => resolve([...input.files].map((file) => ({ file, handle: null }))));
        input.addEventListener('cancel', () => resolve([]));
        input.click();
    });
}

async function droppedFiles(transfer) {
    const items = [...transfer.items].filter((item) => item.kind === 'file');
    // Both are to be asked for before the event is over.
    const asked = items.map((item) => ({ file: item.getAsFile(), handle: item.getAsFileSystemHandle?.() }));
    const found = await Promise.all(asked.map(async ({ file, handle }) => ({ file, handle: await handle?.catch(() => null) ?? null })));
    return found.filter(({ file, handle }) => file && handle?.kind !== 'directory');
}

/** The drop area with its file chooser and `more` beside it, and below it the uploads under way. */
export function uploadPanel(more) {
    const chosen = () => { take([...input.files].map((file) => ({ file, handle: null }))); input.value = ''; };
    // A click opens the dialog that gives handles, where there is one.
    const opened = async (event) => {
        if (!window.showOpenFilePicker) return;
        event.preventDefault();
        take(await pickFiles(true));
    };
    const input = h('input.unseen', { type: 'file', id: 'files', multiple: true, accept: ACCEPT, onchange: chosen, onclick: opened });
    const area = h('div.drop', icon('upload'),
        h('p.drop-line', h('span.drop-hint', text.upload.drop, ' '), input,
            h('label.primary', { for: 'files' }, text.upload.choose), more),
        h('p.aside', text.upload.kinds));
    return h('section.upload', { 'aria-label': text.upload.label }, area, uploadList);
}

/** Files dropped anywhere on the page are uploaded; without this the browser would open them in its place. */
export function startDrops() {
    const holdsFiles = (event) => [...event.dataTransfer?.types ?? []].includes('Files');
    const mark = (on) => document.body.classList.toggle('dropping', on);
    window.addEventListener('dragover', (event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        mark(true);
    });
    window.addEventListener('dragleave', (event) => { if (!event.relatedTarget) mark(false); });
    window.addEventListener('drop', async (event) => {
        mark(false);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        if (location.hash && location.hash !== '#/') location.hash = '#/';
        take(await droppedFiles(event.dataTransfer));
    });
}
