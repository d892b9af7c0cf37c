// Who is here: signing in with a token, signing out, and what the page offers to whom. The server refuses what is not allowed; here it is only not
// shown.
import { json, post, send } from './api.js';
import { attempt, fill, h, icon, notice } from './dom.js';
import { when } from './format.js';
import { setTitle } from './router.js';
import { text } from './strings.js';

let session = null; // as the server last told: {required, signed_in, name, scopes, …}
let asking = null; // the open dialog

/** What the page may offer: 'read', 'write', 'admin'. What is not known yet is offered. */
export const may = (scope) => !session || session.scopes.includes(scope) || session.scopes.includes('admin');

/** Marks the page for app.css; a shared meeting offers nothing but itself. */
export function showAsShared() {
    document.body.dataset.shared = '';
}

function signOutButton() {
    const who = session.name ? text.access.signedInAs(session.name) : text.access.signedIn;
    return h('button.quiet.sign-out', { onclick: signOut, title: `${who}${session.expires ? ` ${text.access.until(when(session.expires))}` : ''}` },
        icon('leave'), h('span', text.access.signOut));
}

const signOut = () => attempt(async () => {
    await send('/api/session', { method: 'DELETE' });
    session = null;
    location.reload(); // nothing of what was read stays in this page
});

async function readSession() {
    session = await json('/api/session', { cache: 'no-store' });
    const all = ['read', 'write', 'admin'];
    const unknown = session.required && !session.signed_in;
    document.body.dataset.may = (unknown ? all : all.filter(may)).join(' ');
    document.querySelector('.sign-out')?.remove();
    if (session.signed_in) document.querySelector('.top nav').append(signOutButton());
}

/** `onDone` is called once the server has taken the token. */
function signInForm(onDone) {
    const problem = h('p.problem', { role: 'alert', id: 'sign-in-problem' });
    const input = h('input', {
        type: 'password', name: 'token', required: true, autofocus: true, autocomplete: 'current-password', spellcheck: 'false',
        autocapitalize: 'off',
        'aria-describedby': 'sign-in-hint sign-in-problem', placeholder: 'hat_…',
    });
    const button = h('button.primary', { type: 'submit' }, text.access.signIn);
    async function submit(event) {
        event.preventDefault();
        button.disabled = true;
        fill(problem);
        try {
            await json('/api/session', post({ token: input.value.trim() }));
            await readSession();
            onDone();
        } catch (error) {
            problem.textContent = error.code === 'unauthorized' ? text.access.wrong : error.message;
            input.setAttribute('aria-invalid', 'true');
            input.select();
        }
        button.disabled = false;
    }
    // The name is for password managers, which keep one password for each.
    return h('form', { onsubmit: submit },
        h('input.unseen', { name: 'username', value: 'hansard', autocomplete: 'username', tabindex: '-1', 'aria-hidden': 'true', readonly: true }),
        h('label', h('span', text.access.token), input),
        problem,
        h('p.aside', { id: 'sign-in-hint' }, text.access.hint, ' ', h('code', text.access.command)),
        h('div.buttons', button));
}

/** In place of a page that could not be shown to a stranger. */
export function showSignIn(main, error, again) {
    setTitle(text.access.title);
    fill(main, h('section.sign-in', h('h1', text.access.title), h('p', text.access.why), signInForm(again)));
    main.querySelector('input[name=token]').focus();
}

/** Over a page that was shown already, so that nothing typed is lost; who never was signed in, or goes, is shown the form in the page's place. */
function askAgain() {
    const stranger = !session || (session.required && !session.signed_in);
    if (asking || stranger || document.querySelector('.sign-in') || 'shared' in document.body.dataset) return;
    const dialog = h('dialog.sign-in', { 'aria-labelledby': 'sign-in-title' },
        h('h2', { id: 'sign-in-title' }, text.access.ended), h('p', text.access.endedWhy),
        signInForm(() => { dialog.close(); notice(text.access.back); }));
    dialog.addEventListener('close', () => { dialog.remove(); asking = null; });
    asking = dialog;
    document.body.append(dialog);
    dialog.showModal();
}

export function startAccess() {
    // The page that asked has its turn first: it may show the form itself.
    window.addEventListener('hansard:unauthorized', () => setTimeout(askAgain, 0));
    readSession().catch(() => {}); // what was to be loaded says why it could not be
}
