// Search over all meetings; each hit leads to the second where it was said.
import { search } from './api.js';
import { fill, h } from './dom.js';
import { clock, when } from './format.js';
import { link, setTitle } from './router.js';
import { text } from './strings.js';

const MARKS = /\uE000([^\uE001]*)\uE001/;

/** The snippet with its hits, which stand between U+E000 and U+E001, in <mark>: every other piece of the split is a hit. */
const snippet = (marked) => marked.split(MARKS).map((piece, i) => (i % 2 ? h('mark', {}, piece) : piece));

function hitRow(hit) {
    const place = [hit.speaker, hit.start_ms >= 0 ? clock(hit.start_ms) : null].filter(Boolean).join(' ');
    return h('li', { class: 'row hit' }, h('a', { class: 'row-link', href: link.meeting(hit.meeting_id, hit.start_ms ?? null) },
        h('span', { class: 'snippet' }, snippet(hit.snippet)),
        h('span', { class: 'row-meta' }, h('span', { class: `chip of-${hit.kind}` }, text.search.kinds[hit.kind] ?? hit.kind), place && h('span', { class: 'stamp' }, place))));
}

/** Hits of one meeting together, meetings in the order of their best hit. */
function byMeeting(hits) {
    const groups = new Map();
    for (const hit of hits) {
        if (!groups.has(hit.meeting_id)) groups.set(hit.meeting_id, []);
        groups.get(hit.meeting_id).push(hit);
    }
    return [...groups.values()];
}

export async function searchPage({ main, query, signal }) {
    const words = (query.get('q') ?? '').trim();
    setTitle(words ? `${text.search.title}: ${words}` : text.search.title);
    const line = h('p', { class: 'aside', role: 'status' }, words ? text.loading : text.search.hint);
    main.append(h('h1', {}, text.search.title), line);
    if (!words) return;
    const hits = await search(words, signal);
    fill(line, hits.length ? text.search.hits(hits.length, words) : [text.search.none(words), ' ', text.search.hint]);
    main.append(...byMeeting(hits).map((group) => h('section', { class: 'group' },
        h('h2', {}, h('a', { href: link.meeting(group[0].meeting_id) }, group[0].title || group[0].meeting_id), ' ', h('small', {}, when(group[0].timestamp))),
        h('ul', { class: 'rows' }, group.map(hitRow)))));
}
