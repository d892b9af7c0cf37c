// The page's beginning: routes and what stands around every page.
import { link, startRouter } from './router.js';
import { meetingsPage } from './meetings.js';
import { meetingPage } from './meeting.js';
import { itemsPage } from './all-items.js';
import { searchPage } from './search.js';
import { workPage } from './work.js';
import { storagePage } from './storage.js';
import { startDeleting } from './deleting.js';
import { startRecordings } from './record.js';
import { takeShared } from './shared.js';
import { startUploads } from './upload.js';
import { showSignIn, startAccess } from './access.js';
import { sharedPage } from './share.js';

const TYPING_MS = 250;
const LETTERS_MIN = 2;

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
        const words = form.elements.q.value.trim(), there = location.hash.startsWith('#/search');
        if (words.length < LETTERS_MIN) return;
        if (there) location.replace(link.search(words));
        else location.hash = link.search(words);
    }, TYPING_MS);
});

document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();
    document.getElementById('main').focus();
});

function shown(nav, route) {
    for (const entry of document.querySelectorAll('nav a[data-page]')) {
        if (entry.dataset.page === nav) entry.setAttribute('aria-current', 'page');
        else entry.removeAttribute('aria-current');
    }
    const there = route.name === 'search';
    if (!there || document.activeElement !== form.elements.q) form.elements.q.value = there ? route.query.get('q') ?? '' : '';
}

startAccess();
startDeleting();
startUploads(window);
startRecordings();
takeShared();
startRouter({
    '': { nav: 'meetings', show: meetingsPage },
    m: { nav: '', show: meetingPage },
    items: { nav: 'items', show: itemsPage },
    search: { nav: '', show: searchPage },
    work: { nav: 'work', show: workPage },
    storage: { nav: 'storage', show: storagePage },
    s: { nav: '', show: sharedPage },
}, document.getElementById('main'), shown, showSignIn);
