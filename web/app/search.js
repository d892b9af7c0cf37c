// Search over all meetings; each hit leads to the second where it was said.
import { search } from './api.js';
import { fill, h } from './dom.js';
import { clock, when } from './format.js';
import { link, setTitle } from './router.js';
import { text } from './strings.js';

const MARKS = /\uE000([^\uE001]*)\uE001/;

/** The snippet with its hits, which stand between U+E000 and U+E001, in <mark>: every other piece of the split is a hit. */
const snippet = (marked) => marked.split(MARKS).map((piece, i) => (i % 2 ? h('mark', piece) : piece));

function hitRow(hit) {
    const place = [hit.speaker, Number.isFinite(hit.start_ms) ? clock(hit.start_ms) : null].filter(Boolean).join(' ');
    return h('li.row.hit', h('a.row-link', { href: link.meeting(hit.meeting_id, hit.start_ms ?? null) },
        h('span.snippet', snippet(hit.snippet ?? '')),
        h('span.row-meta', h('span.chip', { class: `of-${hit.kind}` }, text.search.kinds[hit.kind] ?? hit.kind),
            place && h('span.stamp', place))));
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

function hitGroup(hits) {
    const { meeting_id: id, title, timestamp } = hits[0];
    return h('section.group', h('h2', h('a', { href: link.meeting(id) }, title || id), ' ', h('small', when(timestamp))),
        h('ul.rows', hits.map(hitRow)));
}

export async function searchPage({ main, query, signal }) {
    const words = (query.get('q') ?? '').trim();
    setTitle(words ? `${text.search.title}: ${words}` : text.search.title);
    const line = h('p.aside', { role: 'status' }, words ? text.loading : text.search.hint);
    main.append(h('h1', text.search.title), line);
    if (!words) return;
    const hits = await search(words, signal);
    fill(line, hits.length ? text.search.hits(hits.length, words) : [text.search.none(words), ' ', text.search.hint]);
    main.append(...byMeeting(hits).map(hitGroup));
}
