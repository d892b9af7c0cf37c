// Marks on text without elements: the CSS Custom Highlight API, named in meeting.css. Nothing happens where a browser lacks it.

/** Puts `ranges` in place of what was marked as `name`. */
export function highlight(name, ranges) {
    if (!('highlights' in CSS)) return;
    if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
    else CSS.highlights.delete(name);
}

export function rangeOf(node, from, to) {
    const range = new Range();
    range.setStart(node, from);
    range.setEnd(node, to);
    return range;
}
