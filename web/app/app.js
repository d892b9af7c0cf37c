// The page's beginning: routes and what stands around every page.
import { link, startRouter } from './router.js';
import { meetingsPage } from './meetings.js';
import { meetingPage } from './meeting.js';
import { itemsPage } from './all-items.js';
import { searchPage } from './search.js';
import { startDeleting } from './deleting.js';
import { startUploads } from './upload.js';

const form = document.querySelector('form.search');

form.addEventListener('submit', (event) => {
    event.preventDefault();
    const words = form.elements.q.value.trim();
    if (words) location.hash = link.search(words);
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
    form.elements.q.value = route.name === 'search' ? route.query.get('q') ?? '' : '';
}

startDeleting();
startUploads(window);
startRouter({
    '': { nav: 'meetings', show: meetingsPage },
    m: { nav: '', show: meetingPage },
    items: { nav: 'items', show: itemsPage },
    search: { nav: '', show: searchPage },
}, document.getElementById('main'), shown);
