// What takes a while is begun while the rest of the page is still on its way: the newest meetings are asked for, and the browser gets ready to write
// dates. Run before all else, so it imports nothing.

const NEWEST = '/api/meetings?limit=50';
let asked = /^#?\/?$/.test(location.hash) ? fetch(NEWEST) : null;
asked?.catch(() => {}); // whoever takes it is told

/** The answer (a promise) for whoever asks for `path` first; null: it is to be asked for. */
export function askedAlready(path) {
    const answer = path === NEWEST ? asked : null;
    if (answer) asked = null;
    return answer;
}

export const date = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' };
export const dateTime = new Intl.DateTimeFormat(undefined, { ...date, hour: '2-digit', minute: '2-digit' });
