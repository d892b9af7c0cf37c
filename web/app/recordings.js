// Recordings of the browser as they are made: each piece goes to IndexedDB at once, so that a page that dies loses seconds at most. What is kept
// stays until its upload is complete.
import { heldLocks, transact } from './kept.js';

const DATABASE = 'hansard-recordings', ABOUT = 'about', PIECES = 'pieces';

function make(database) {
    database.createObjectStore(ABOUT, { keyPath: 'id' });
    database.createObjectStore(PIECES);  // by [id, number]
}

const change = (name, mode, act) => transact(DATABASE, make, name, mode, act);

const lockName = (id) => `hansard-recording-${id}`;
const piecesOf = (id) => IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]);

/** {id, add(blob), file(), end()}: add() keeps a piece, file() resolves to all of them as a file, end() lets go of it without removing it. */
export async function keepRecording(name, type, started) {
    const id = crypto.randomUUID();
    const pieces = [];
    let last = Promise.resolve(), release = () => {};
    navigator.locks?.request(lockName(id), () => new Promise((resolve) => { release = resolve; }));
    // Without room on the disk the pieces are still in memory.
    await change(ABOUT, 'readwrite', (store) => store.put({ id, name, type, started })).catch(() => {});
    return {
        id,
        add(blob) {
            const number = pieces.push(blob) - 1;
            last = last.then(() => change(PIECES, 'readwrite', (store) => store.put(blob, [id, number]))).catch(() => {});
        },
        async file() {
            await last;
            return new File(pieces, name, { type, lastModified: started });
        },
        end() { release(); },
    };
}

/** Recordings that no page is making: [{id, file}]. The same recording gives the same file each time, by name, size and date. */
export async function keptRecordings() {
    const all = await change(ABOUT, 'readonly', (store) => store.getAll()).catch(() => []);
    const held = await heldLocks();
    const found = [];
    for (const { id, name, type, started } of all) {
        if (held.has(lockName(id))) continue;
        const pieces = await change(PIECES, 'readonly', (store) => store.getAll(piecesOf(id)));
        if (pieces.length) found.push({ id, file: new File(pieces, name, { type, lastModified: started }) });
        else await removeRecording(id);
    }
    return found;
}

export async function removeRecording(id) {
    await change(PIECES, 'readwrite', (store) => store.delete(piecesOf(id))).catch(() => {});
    await change(ABOUT, 'readwrite', (store) => store.delete(id)).catch(() => {});
}
