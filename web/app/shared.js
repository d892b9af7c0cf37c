// As an installed web app: files that other apps share with it. The service worker (sw.js) takes them and leaves them in a cache for this page.
import { addFiles } from './upload.js';

const SHARED = 'hansard-shared';

export async function start() {
    // Without it the app only takes no shares.
    if (matchMedia('(display-mode: standalone)').matches) await navigator.serviceWorker?.register('/sw.js').catch(() => {});
    if (!window.caches || !await caches.has(SHARED)) return;
    const cache = await caches.open(SHARED);
    const files = await Promise.all((await cache.keys()).map(async (request) => {
        const response = await cache.match(request), blob = await response.blob();
        await cache.delete(request);
        return { file: new File([blob], decodeURIComponent(response.headers.get('X-Name')), { type: blob.type }), handle: null };
    }));
    if (files.length) addFiles(files);
}
