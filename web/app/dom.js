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

const beside = (name) => new URL(name, import.meta.url).pathname;
const ICONS = beside('../icons.svg');
let sheet = null;

/** Loads the style sheet of all but the list. */
export const loadStyle = () => sheet ??= new Promise((resolve, reject) => {
    const onerror = (event) => { sheet = null; reject(event); };
    document.head.append(h('link', { rel: 'stylesheet', href: beside('meeting.css'), onload: resolve, onerror }));
});

/** A symbol of icons.svg: decoration, so hidden from screen readers. */
export function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', `${ICONS}#${name}`);
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

/** Tells why something did not work. */
export const tell = (error) => notice(error.message, { error: true });

export const attempt = (act) => act().catch(tell);

/** Marks `element` as the present one of its kind (aria-current), or not. */
export function setCurrent(element, value) {
    if (value) element.setAttribute('aria-current', value);
    else element.removeAttribute('aria-current');
}

/**
 * A modal dialog with a form of `children` under the heading `title`. Resolves to the value of the button that closed it, "" for Escape.
 * `wide`: for long texts; `firm`: only its buttons close it.
 */
export function openDialog({ title, wide = false, firm = false, focus = null }, ...children) {
    return new Promise((resolve) => {
        const dialog = h('dialog', { class: wide && 'wide', 'aria-labelledby': 'dialog-title' },
            h('form.edit', { method: 'dialog' }, h('h2', { id: 'dialog-title' }, title), children));
        dialog.addEventListener('cancel', (event) => { if (firm) event.preventDefault(); });
        dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue); });
        document.body.append(dialog);
        dialog.showModal();
        focus?.focus();
    });
}

/** The buttons of a dialog: [value, label, class, attributes]. The last one is what Enter does. */
export const dialogButtons = (...buttons) => h('div.buttons', buttons.map(([value, label, kind = 'plain', attributes = {}], i) => {
    const last = i === buttons.length - 1;
    const close = (event) => event.target.closest('dialog').close(value);
    return h(`button.${kind}`, { ...(last ? { type: 'submit', value } : { onclick: close }), ...attributes }, label);
}));

/** A form in the place of what it changes. Escape leaves it as its button does; Enter with Ctrl saves. */
export function formInPlace(selector, { onSave, onCancel }, ...fields) {
    const onsubmit = (event) => { event.preventDefault(); onSave(); };
    const onkeydown = (event) => {
        if (event.key === 'Escape') onCancel();
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
    };
    return h(selector, { onsubmit, onkeydown }, ...fields, h('div.buttons',
        h('button.primary', { type: 'submit' }, strings.meeting.save), h('button.plain', { onclick: onCancel }, strings.meeting.cancel)));
}

/** Options of a select: `labels` by value. */
export const options = (labels, chosen) =>
    Object.entries(labels).map(([value, label]) => h('option', { value, selected: value === String(chosen) }, label));

/** A question in a dialog of its own; resolves to true when the answer is yes. */
export async function confirmDialog({ title, text, yes, no }) {
    const buttons = dialogButtons(['no', no, 'plain', { autofocus: true }], ['yes', yes, 'danger']);
    return await openDialog({ title }, h('p', text), buttons) === 'yes';
}
