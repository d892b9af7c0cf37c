// Pages by the address after '#': #/, #/?tag=…, #/items, #/work, #/storage, #/search?q=words, #/m/{meeting-id}?t=milliseconds,
// #/s/{meeting-id}/{share}.
import { fill, h } from './dom.js';
import { isPlainList } from './first.js';
import { text } from './strings.js';

let leaving = new AbortController();

export const link = {
    meetings: () => '#/',
    meeting: (id, ms = null) => `#/m/${encodeURIComponent(id)}${ms !== null && ms >= 0 ? `?t=${ms}` : ''}`,
    search: (q) => `#/search?${new URLSearchParams({ q })}`,
};

export function setTitle(title) {
    document.title = title ? `${title} · ${text.name}` : text.name;
}

function current() {
    const [path, search = ''] = location.hash.replace(/^#(main$)?/, '').split('?');
    let parts;
    try {
        parts = path.split('/').filter(Boolean).map(decodeURIComponent);
    } catch {
        parts = ['?'];
    }
    return { name: parts[0] ?? '', id: parts[1] ?? null, rest: parts[2] ?? null, query: new URLSearchParams(search) };
}

/** A page that could not be shown says why and offers to try again. */
export function failure(error, again) {
    return h('section.message', { role: 'alert' }, h('h1', text.failed), h('p', error.message),
        h('button.plain', { onclick: again }, text.retry));
}

/**
 * Shows the page of the address, now and whenever it changes. `pages` maps a name to {nav, show}; show({main, id, query, signal})
 * fills `main`; `signal` aborts when the user leaves, and ends all that the page began. `onRefused(main, error, again)` takes over where someone must
 * sign in.
 */
export function startRouter(pages, main, onShown, onRefused = null) {
    let carried = document.body.dataset.cursor !== undefined; // what the server has sent is for its page to take over
    async function show(moved) {
        leaving.abort();
        leaving = new AbortController();
        const { signal } = leaving;
        const route = current();
        const page = pages[route.name];
        if (!carried || !isPlainList()) { // one may have gone elsewhere before this has begun
            delete document.body.dataset.cursor;
            fill(main);
        }
        carried = false;
        onShown(page?.nav ?? '', route);
        if (window.scrollY) window.scrollTo(0, 0);
        if (moved && !document.activeElement?.closest('form.search')) main.focus({ preventScroll: true });
        if (!page || (route.name === 'm' && !route.id)) {
            setTitle(text.notThere.title);
            fill(main, h('section.message', h('h1', text.notThere.title), h('a', { href: link.meetings() }, text.notThere.back)));
            return;
        }
        try {
            await page.show({ main, id: route.id, rest: route.rest, query: route.query, signal });
        } catch (error) {
            if (signal.aborted) return;
            if (error.status === 401 && onRefused) onRefused(main, error, () => show(true));
            else fill(main, failure(error, () => (error.status === undefined ? location.reload() : show(true))));
        }
    }
    // "#main" is the skip link's, not a page.
    window.addEventListener('hashchange', () => { if (location.hash !== '#main') show(true); });
    window.addEventListener('hansard:reload', () => show(false));
    return show(false);
}

/** Shows the present page anew. */
export const reload = () => window.dispatchEvent(new Event('hansard:reload'));
