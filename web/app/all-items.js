// Open items of all meetings: what is still to do, and what is required.
import { editMeeting, listItems, readMeeting } from './api.js';
import { fill, h, notice } from './dom.js';
import { when } from './format.js';
import { itemCard } from './items.js';
import { link, setTitle } from './router.js';
import { text } from './strings.js';

const LIMIT = 200;
const tabs = { action: text.items.openActions, requirement: text.items.openRequirements };

/** Changes an item on its meeting's present state. */
async function saveItem(meetingId, id, change) {
    try {
        const { etag } = await readMeeting(meetingId);
        await editMeeting(meetingId, etag, { items: { [id]: change } });
        return true;
    } catch (error) {
        notice(error.status === 412 ? text.meeting.conflict : error.message, { error: true });
        return false;
    }
}

function card(item, kind) {
    const start = item.evidence?.[0]?.start_ms ?? null;
    const meeting = h('a', { href: link.meeting(item.meeting_id, start) }, item.title || item.meeting_id);
    return itemCard(item, {
        kind,
        context: h('p.context', meeting, ' ', when(item.timestamp)),
        editable: false,
        onQuote: (evidence) => { location.hash = link.meeting(item.meeting_id, evidence.start_ms); },
        onChange: (id, change) => saveItem(item.meeting_id, id, change),
    });
}

export async function itemsPage({ main, query, signal }) {
    const kind = Object.hasOwn(tabs, query.get('kind')) ? query.get('kind') : 'action';
    setTitle(text.items.title);
    const body = h('div', h('p.aside', text.loading));
    main.append(h('h1', text.items.title),
        h('nav.tabs', { 'aria-label': text.items.kind }, Object.entries(tabs).map(([name, label]) =>
            h('a', { href: `#/items?kind=${name}`, 'aria-current': name === kind && 'page' }, label))), body);
    const lists = await Promise.all(['confirmed', 'draft'].map((status) => listItems({ kind, status, limit: LIMIT }, signal)));
    const items = lists.flat().sort((a, b) => (a.timestamp < b.timestamp ? 1 : a.timestamp > b.timestamp ? -1 : 0));
    fill(body, items.length ? h('ul.items.wide', items.map((item) => card(item, kind))) : h('p.aside', text.items.allNone));
}
