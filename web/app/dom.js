// Elements made in one expression. Text always enters as a text node, never as markup.

/** Makes an element. `on…` properties are listeners; false, null and undefined leave an attribute (or a child) out. */
export function h(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
        if (value === null || value === undefined || value === false) continue;
        if (typeof value === 'function') element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...present(children));
    return element;
}

/** Puts `children` in place of what the element held. */
export function fill(element, ...children) {
    element.replaceChildren(...present(children));
    return element;
}

const present = (children) => children.flat().filter((child) => child !== null && child !== undefined && child !== false);

/** A symbol of icons.svg: decoration, so hidden from screen readers. */
export function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', `/icons.svg#${name}`);
    svg.append(use);
    return svg;
}

/** A button with an icon; without `label` shown, the label is what screen readers say and the tooltip. */
export function iconButton(name, label, onclick, { shown = false, kind = 'quiet' } = {}) {
    return h('button', { type: 'button', class: kind, onclick, title: !shown && label, 'aria-label': !shown && label },
        icon(name), shown && h('span', {}, label));
}

/** Says something to screen readers alone. */
export function announce(text) {
    document.getElementById('live').textContent = text;
}

const NOTICE_MS = 6000;

/** A message at the edge of the window. With an action or as an error it stays until it is closed. */
export function notice(text, { error = false, action = null } = {}) {
    const close = () => box.remove();
    const box = h('div', { class: error ? 'notice error' : 'notice' }, h('p', {}, text),
        action && h('button', { type: 'button', class: 'plain', onclick: () => { close(); action.run(); } }, action.label),
        iconButton('close', 'Close', close));
    document.getElementById('notices').append(box);
    if (!error && !action) setTimeout(close, NOTICE_MS);
}

/** A question in a dialog of its own; resolves to true when the answer is yes. */
export function confirmDialog({ title, text, yes, no }) {
    return new Promise((resolve) => {
        const dialog = h('dialog', { 'aria-labelledby': 'question' }, h('form', { method: 'dialog' },
            h('h2', { id: 'question' }, title), h('p', {}, text),
            h('div', { class: 'buttons' }, h('button', { value: 'no', class: 'plain', autofocus: true }, no),
                h('button', { value: 'yes', class: 'danger' }, yes))));
        dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue === 'yes'); });
        document.body.append(dialog);
        dialog.showModal();
    });
}
