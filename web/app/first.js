// What is done before the first paint, and what takes a while is begun. The HTML may carry the newest meetings already: then their times are written,
// and the rest of the page is asked for once they are seen; else they are asked for. Run before all else, so it imports nothing.

const NEWEST = '/api/meetings?limit=50';
const TIMES = 'hansard.times';
const { body } = document;
const main = document.getElementById('main');

/** Whether the address is the plain list's; "#main" is where the skip link leads by itself. */
export const isPlainList = () => /^(#?\/?|#main)$/.test(location.hash);

const isList = isPlainList();

document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
});

if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    for (const place of [main, document.getElementById('list').content]) place.querySelector('.drop button')?.remove();
}
if (!isList) {
    main.replaceChildren();
    delete body.dataset.cursor;
    document.querySelector('nav [aria-current]').removeAttribute('aria-current');
}
body.dataset.shown = ''; // app.css hides the list until here, for browsers that paint before this has run
const carried = body.dataset.cursor !== undefined;
let asked = isList && !carried ? fetch(NEWEST) : null;
asked?.catch(() => {}); // whoever takes it is told

/** The answer (a promise) for whoever asks for `path` first; null: it is to be asked for. */
export function askedAlready(path) {
    const answer = path === NEWEST ? asked : null;
    if (answer) asked = null;
    return answer;
}

export const date = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' };
let format = null;

/** A time as it is read here. The first one takes a browser as long as all else of the first view: */
export const timeText = (time) => (format ??= new Intl.DateTimeFormat(undefined, { ...date, hour: '2-digit', minute: '2-digit' })).format(time);

/** so what it wrote last is kept, for as long as one may see the list. It holds in its language and zone; once seen, it is written anew. */
function writeTimes(known) {
    const kept = {};
    for (const element of main.querySelectorAll('time')) {
        const time = new Date(element.dateTime), name = [navigator.language, time.getTimezoneOffset(), +time];
        const text = kept[name] = known?.[name] ?? (+time ? timeText(time) : '');
        if (element.textContent !== text) element.textContent = text;
    }
    return kept;
}

function stored(act) {
    try {
        return act(localStorage);
    } catch {} // no storage, or what stands there is none of ours
}

// Until the page's scripts are there: a file that is dropped would take the page's place, and words to be searched reload it.
const begun = new AbortController();
const search = document.querySelector('form.search');
let submitted = false;
for (const type of ['dragover', 'drop', 'submit']) {
    window.addEventListener(type, (event) => {
        event.preventDefault();
        submitted ||= type === 'submit';
    }, { signal: begun.signal });
}

async function startApp() {
    try {
        await import('./app.js');
    } catch (error) {
        document.getElementById('notices').append(document.getElementById('broken').content);
        throw error;
    }
    begun.abort();
    if (submitted) search.requestSubmit();
}

function start() {
    startApp();
    if (carried) stored((storage) => storage.setItem(TIMES, JSON.stringify(writeTimes())));
}

// What this browser is deleting (deleting.js) is not shown.
stored((storage) => JSON.parse(storage.getItem('hansard.deleting')).forEach(({ id }) => {
    for (const link of main.querySelectorAll(`[href="#/m/${id}"]`)) link.parentElement.hidden = true;
}));
if (carried) writeTimes(stored((storage) => JSON.parse(storage.getItem(TIMES))));
else if (isList) stored((storage) => storage.removeItem(TIMES));
if (carried && !document.hidden) requestAnimationFrame(() => setTimeout(start));
else start();
