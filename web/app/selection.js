// Words that the user selects in the transcript can become an item: a small menu beside them.
import { h } from './dom.js';
import { kinds } from './items.js';
import { text } from './strings.js';

const GAP_PX = 6;

/** The index of the segment in which a place of the text is, and null where it is in none. */
const segmentOf = (node) => (node.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.('[data-index]');

/** {first, last, words} of the selection where it begins and ends in segments of `body`; whole words as they stand there, joined by a space. */
function selected(body) {
    const selection = getSelection();
    if (selection.rangeCount === 0 || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const from = segmentOf(range.startContainer), to = segmentOf(range.endContainer);
    if (!from || !to || !body.contains(from) || !body.contains(to)) return null;
    const first = Number(from.dataset.index), last = Number(to.dataset.index);
    const texts = [...body.querySelectorAll('[data-index]')].slice(first, last + 1).map((element) => element.textContent);
    const cut = texts.length - 1 && texts.slice(0, -1).join(' ').length + 1;
    const all = texts.join(' ');
    let begin = range.startOffset, end = cut + range.endOffset;
    while (begin > 0 && all[begin - 1] !== ' ' && all[begin] !== ' ') begin--;
    while (end < all.length && all[end] !== ' ' && all[end - 1] !== ' ') end++;
    const words = all.slice(begin, end).trim();
    return words ? { first, last, words } : null;
}

/** `host` is positioned and takes the menu. onAdd(kind, first, last, words). */
export function selectionMenu({ body, host, onAdd, signal }) {
    let place = null;
    const add = (kind) => { menu.hidden = true; getSelection().empty(); onAdd(kind, place.first, place.last, place.words); };
    const menu = h('div.selection', { role: 'toolbar', 'aria-label': text.items.addFrom, hidden: true }, h('span', text.items.addFrom),
        kinds.map((kind) => h('button.quiet', { onclick: () => add(kind) }, text.items.kinds[kind])));
    // So that a press on a button does not empty the selection first.
    menu.addEventListener('pointerdown', (event) => event.preventDefault());
    host.append(menu);

    function show() {
        if (menu.contains(document.activeElement)) return;
        place = selected(body);
        menu.hidden = place === null;
        if (!place) return;
        const box = getSelection().getRangeAt(0).getBoundingClientRect(), frame = host.getBoundingClientRect();
        const left = Math.min(box.left - frame.left, frame.width - menu.offsetWidth - GAP_PX);
        menu.style.left = `${Math.max(GAP_PX, left)}px`;
        menu.style.top = `${Math.min(box.bottom - frame.top + GAP_PX, frame.height - menu.offsetHeight - GAP_PX)}px`;
    }
    document.addEventListener('selectionchange', show, { signal });
}
