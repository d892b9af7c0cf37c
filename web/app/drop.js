// Where files come from: chosen or dropped. What becomes of them (upload.js) is loaded when there are some.
import { h } from './dom.js';
import { text } from './strings.js';

const { accept } = document.getElementById('list').content.querySelector('input');

/** Fires `sent` each time the server has taken a file; its `detail`. */
export const uploadEvents = new EventTarget();

// One list for as long as the page is open; each showing of the meetings takes it in.
export const uploadList = h('ul.rows.uploads', { 'aria-label': text.upload.label });

const take = async (chosen) => (await import('./rest.js')).addFiles(chosen);

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
        const input = h('input', { type: 'file', multiple, accept });
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

/** Makes the section with the drop area and its file chooser work, and puts the uploads under way into it. */
export function startPanel(section) {
    const input = section.querySelector('input');
    const takeChosen = () => { take([...input.files].map((file) => ({ file, handle: null }))); input.value = ''; };
    input.addEventListener('change', takeChosen);
    if (input.files.length) takeChosen(); // before this was there
    // A click opens the dialog that gives handles, where there is one.
    input.addEventListener('click', async (event) => {
        if (!window.showOpenFilePicker) return;
        event.preventDefault();
        take(await pickFiles(true));
    });
    section.append(uploadList);
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
