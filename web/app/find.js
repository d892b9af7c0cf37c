// Find in the transcript: all places of some words, one of them the present one.
import { h, iconButton } from './dom.js';
import { text } from './strings.js';
import { highlight, rangeOf } from './highlight.js';

const WAIT_MS = 150;
const LETTERS_MIN = 2;
const PLACES_MAX = 2000;

/** `textOf(i)` is the text of the only node in `elements[i]`, of which there are `count`. */
export function createFind({ count, textOf, elements, reveal, signal }) {
    let places = [], present = -1, timer = null;
    const label = text.transcript.find;
    const input = h('input', { type: 'search', 'aria-label': label, placeholder: label, autocomplete: 'off' });
    const counter = h('span.counter', { 'aria-live': 'polite' });
    const previous = iconButton('up', text.transcript.previous, () => step(-1));
    const next = iconButton('down', text.transcript.next, () => step(1));
    const element = h('div.find', input, counter, previous, next);

    const rangeAt = ({ index, from, to }) => rangeOf(elements[index].firstChild, from, to);

    function show() {
        const asked = input.value.trim().length >= LETTERS_MIN;
        counter.textContent = asked ? text.transcript.of(present + 1, places.length) : '';
        previous.hidden = next.hidden = counter.hidden = !asked;
        previous.disabled = next.disabled = places.length === 0;
        highlight('found', places.map(rangeAt));
        highlight('found-present', present >= 0 ? [rangeAt(places[present])] : []);
        if (present >= 0) reveal(elements[places[present].index]);
    }

    function search() {
        const words = input.value.trim();
        places = [];
        if (words.length >= LETTERS_MIN) {
            const pattern = new RegExp(words.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/\s+/g, '\\s+'), 'giu');
            for (let index = 0; index < count && places.length < PLACES_MAX; index++) {
                for (const { index: from, 0: found } of textOf(index).matchAll(pattern)) {
                    places.push({ index, from, to: from + found.length });
                }
            }
        }
        present = places.length ? 0 : -1;
        show();
    }

    function step(by) {
        if (!places.length) return;
        present = (present + by + places.length) % places.length;
        show();
    }

    input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(search, WAIT_MS); });
    input.addEventListener('keydown', (event) => { if (event.key === 'Enter') step(event.shiftKey ? -1 : 1); });
    signal.addEventListener('abort', () => { clearTimeout(timer); highlight('found', []); highlight('found-present', []); });
    show();
    return { element };
}
