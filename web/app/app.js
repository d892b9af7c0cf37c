// The page's beginning: routes and what stands around every page.
import { showSignIn, startAccess } from './access.js';
import { startDeleting } from './deleting.js';
import { fill, h, loadStyle, setCurrent } from './dom.js';
import { startDrops } from './drop.js';
import { meetingsPage } from './meetings.js';
import { link, startRouter } from './router.js';
import { text } from './strings.js';

const TYPING_MS = 250;
const LETTERS_MIN = 2;
const REST_AFTER_MS = 50; // the first view is painted by then

const form = document.querySelector('form.search');

form.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = form.elements.q.value.trim();
    if (words) location.hash = link.search(words);
});

// Search goes along with typing, in one step of the history.
let typing = null;
form.elements.q.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
        const words = form.elements.q.value.trim();
        if (words.length < LETTERS_MIN) return;
        if (location.hash.startsWith('#/search')) location.replace(link.search(words));
        else location.hash = link.search(words);
    }, TYPING_MS);
});

let early = form.elements.q.value; // typed before this was there

function shown(nav, route) {
    for (const entry of document.querySelectorAll('nav a[data-page]')) {
        setCurrent(entry, entry.dataset.page === nav && 'page');
    }
    const there = route.name === 'search';
    if (!early && (!there || document.activeElement !== form.elements.q)) form.elements.q.value = there ? route.query.get('q') ?? '' : '';
    early = '';
}

const loadRest = () => import('./rest.js');

/** A page of rest.js, by the name of its function. */
const later = (show, styled = false) => async (place) => {
    fill(place.main, h('p.aside', text.loading));
    const [rest] = await Promise.all([loadRest(), styled && loadStyle()]).catch(() => { throw new Error(text.offline); });
    if (place.signal.aborted) return;
    fill(place.main);
    await rest[show](place);
};

/** What the first view does without is brought in. Where that fails it is asked for again when it is wanted. */
async function startRest() {
    (await loadRest()).start();
    await loadStyle();
}

startAccess();
startDeleting();
startDrops();
startRouter({
    '': { nav: 'meetings', show: meetingsPage },
    m: { show: later('meetingPage', true) },
    items: { nav: 'items', show: later('itemsPage', true) },
    search: { show: later('searchPage') },
    work: { nav: 'work', show: later('workPage') },
    storage: { nav: 'storage', show: later('storagePage') },
    s: { show: later('sharedPage', true) },
}, document.getElementById('main'), shown, showSignIn).then(() => setTimeout(() => startRest().catch(() => {}), REST_AFTER_MS));
