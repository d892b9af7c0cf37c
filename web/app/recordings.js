// Recordings of the browser as they are made: each piece goes to IndexedDB at once, so that a page that dies loses seconds at most. What is kept
// stays until its upload is complete.

const DATABASE = 'hansard-recordings', ABOUT = 'about', PIECES = 'pieces';

function open() {
    return new Promise((resolve, reject) => {
        const request = indexedDB.open(DATABASE, 1);
        request.onupgradeneeded = () => {
            request.result.createObjectStore(ABOUT, { keyPath: 'id' });
            request.result.createObjectStore(PIECES);  // by [id, number]
        };
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

/** One transaction; act(store) gives the request whose result is wanted. It is over when all of it is on the disk. */
async function transact(name, mode, act) {
    const database = await open();
    try {
        return await new Promise((resolve, reject) => {
            const transaction = database.transaction(name, mode);
            const request = act(transaction.objectStore(name));
            transaction.oncomplete = () => resolve(request.result);
            transaction.onabort = transaction.onerror = () => reject(transaction.error);
        });
    } finally {
        database.close();
    }
}

const lockName = (id) => `hansard-recording-${id}`;
const piecesOf = (id) => IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]);

/** {id, add(blob), file(), end()}: add() keeps a piece, file() resolves to all of them as a file, end() lets go of it without removing it. */
export async function keepRecording(name, type, started) {
    const id = crypto.randomUUID();
    const pieces = [];
    let last = Promise.resolve(), release = () => {};
    navigator.locks?.request(lockName(id), () => new Promise((resolve) => { release = resolve; }));
    // Without room on the disk the pieces are still in memory.
    await transact(ABOUT, 'readwrite', (store) => store.put({ id, name, type, started })).catch(() => {});
    return {
        id,
        add(blob) {
            const number = pieces.push(blob) - 1;
            last = last.then(() => transact(PIECES, 'readwrite', (store) => store.put(blob, [id, number]))).catch(() => {});
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
    const all = await transact(ABOUT, 'readonly', (store) => store.getAll()).catch(() => []);
    const held = new Set((await navigator.locks?.query())?.held.map((lock) => lock.name));
    const found = [];
    for (const { id, name, type, started } of all) {
        if (held.has(lockName(id))) continue;
        const pieces = await transact(PIECES, 'readonly', (store) => store.getAll(piecesOf(id)));
        if (pieces.length) found.push({ id, file: new File(pieces, name, { type, lastModified: started }) });
        else await removeRecording(id);
    }
    return found;
}

export async function removeRecording(id) {
    await transact(PIECES, 'readwrite', (store) => store.delete(piecesOf(id))).catch(() => {});
    await transact(ABOUT, 'readwrite', (store) => store.delete(id)).catch(() => {});
}
