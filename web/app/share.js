// Links to one meeting for those who have no token: made, listed and revoked in a dialog; and what such a link opens.
import { json, meetingPath, post, send } from './api.js';
import { showAsShared } from './access.js';
import { announce, attempt, fill, h, icon, notice } from './dom.js';
import { when } from './format.js';
import { meetingPage } from './meeting.js';
import { text } from './strings.js';

const sharesPath = (id, share = '') => meetingPath(id, `/shares${share && `/${encodeURIComponent(share)}`}`);

const DAYS = [1, 7, 30, 90];

/** The new link, to be copied: it can't be shown again. */
function linkBox(url) {
    const input = h('input', { value: url, readonly: true, 'aria-label': text.share.link, onclick: (event) => event.target.select() });
    const copy = h('button.plain', { onclick: async () => {
        input.select();
        try {
            await navigator.clipboard.writeText(url);
            notice(text.share.copied);
        } catch {
            notice(text.share.notCopied);
        }
    } }, icon('copy'), h('span', text.share.copy));
    return h('div.made', h('p', text.share.made), h('div.pair', input, copy));
}

function shareRow(id, share, onGone) {
    const name = share.name || text.share.unnamed;
    const revoke = h('button.quiet', { 'aria-label': text.share.revokeLabel(name), onclick: () => attempt(async () => {
        await send(sharesPath(id, share.id), { method: 'DELETE' });
        announce(text.share.revoked);
        onGone();
    }) }, text.share.revoke);
    return h('li', h('div', h('strong', name), h('span.aside', text.share.until(when(share.expires)))), revoke);
}

/** Links to the meeting `id`. */
export function openShareDialog(id) {
    const made = h('div'), list = h('ul.shares'), problem = h('p.problem', { role: 'alert' });
    const name = h('input', { maxlength: 100, placeholder: text.share.namePlaceholder });
    const days = h('select', DAYS.map((n) => h('option', { value: n, selected: n === 7 }, text.share.days(n))));
    async function show() {
        try {
            const { shares } = await json(sharesPath(id), { cache: 'no-store' });
            fill(list, shares.map((share) => shareRow(id, share, show)));
            list.previousSibling.hidden = shares.length === 0;
        } catch (error) {
            problem.textContent = error.message;
        }
    }
    async function create(event) {
        event.preventDefault();
        fill(problem);
        try {
            const share = await json(sharesPath(id), post({ name: name.value.trim(), expires: `${days.value}d` }));
            // Behind a proxy the server may not know the address that people use; the browser does.
            fill(made, linkBox(`${location.origin}/#/s/${encodeURIComponent(id)}/${share.share}`));
            made.querySelector('input').select();
            name.value = '';
            show();
        } catch (error) {
            problem.textContent = error.message;
        }
    }
    const dialog = h('dialog.share', { 'aria-labelledby': 'share-title' },
        h('h2', { id: 'share-title' }, text.share.title), h('p.aside', text.share.why),
        h('form', { onsubmit: create },
            h('label', h('span', text.share.name), name), h('label', h('span', text.share.ends), days),
            h('button.primary', { type: 'submit' }, text.share.create)),
        problem, made, h('h3', { hidden: true }, text.share.present), list,
        h('div.buttons', h('button.plain', { onclick: () => dialog.close() }, text.share.close)));
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    show();
}

/** #/s/{meeting}/{share}: the link becomes a cookie for this one meeting, which is then shown without what would change it. */
export async function sharedPage({ main, id, rest, query, signal }) {
    showAsShared();
    try {
        await json('/api/session', { ...post({ share: rest ?? '', meeting_id: id ?? '' }), signal });
    } catch (error) {
        if (error.status !== 401 && error.status !== 400) throw error;
        fill(main, h('section.message', h('h1', text.share.goneTitle), h('p', text.share.gone)));
        return;
    }
    await meetingPage({ main, id, query, signal });
}
