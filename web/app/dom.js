// Elements made in one expression. Text always enters as a text node, never as markup.
import { text as strings } from './strings.js';

/**
 * h('p.aside', { id: 'x', onclick: f }, 'text', element, …): the attributes may be left out. A function is a listener; false,
 * null and undefined leave an attribute (or a child) out, true sets it empty. A button submits only when its type says so.
 */
export function h(selector, ...rest) {
    const [tag, ...classes] = selector.split('.');
    const element = document.createElement(tag);
    if (tag === 'button') element.type = 'button';
    if (classes.length) element.className = classes.join(' ');
    const attributes = Object.getPrototypeOf(rest[0] ?? '') === Object.prototype ? rest.shift() : {};
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (typeof value === 'function') element.addEventListener(name.slice(2), value);
        else if (name === 'class') element.classList.add(...value.split(' ').filter(Boolean));
        else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...present(rest));
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
    return h('button', { class: kind, onclick, title: !shown && label, 'aria-label': !shown && label },
        icon(name), shown && h('span', label));
}

/** Says something to screen readers alone. */
export function announce(text) {
    document.getElementById('live').textContent = text;
}

const NOTICE_MS = 6000;

/** A message at the edge of the window. With an action or as an error it stays until it is closed. */
export function notice(text, { error = false, action = null } = {}) {
    const close = () => box.remove();
    const box = h('div', { class: error ? 'notice error' : 'notice' }, h('p', text),
        action && h('button.plain', { onclick: () => { close(); action.run(); } }, action.label),
        iconButton('close', strings.close, close));
    document.getElementById('notices').append(box);
    if (!error && !action) setTimeout(close, NOTICE_MS);
}

/** A question in a dialog of its own; resolves to true when the answer is yes. */
export function confirmDialog({ title, text, yes, no }) {
    return new Promise((resolve) => {
        const dialog = h('dialog', { 'aria-labelledby': 'question' }, h('form', { method: 'dialog' },
            h('h2', { id: 'question' }, title), h('p', text),
            h('div.buttons', h('button.plain', { type: 'submit', value: 'no', autofocus: true }, no),
                h('button.danger', { type: 'submit', value: 'yes' }, yes))));
        dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue === 'yes'); });
        document.body.append(dialog);
        dialog.showModal();
    });
}
