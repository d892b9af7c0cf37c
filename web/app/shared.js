// As an installed web app: files that other apps share with it. The service worker (sw.js) takes them and leaves them in a cache for this page.
import { addFiles } from './upload.js';

const SHARED = 'hansard-shared';

export async function takeShared() {
    if (!('serviceWorker' in navigator) || !matchMedia('(display-mode: standalone)').matches) return;
    await navigator.serviceWorker.register('/sw.js').catch(() => {});  // without it the app only takes no shares
    const cache = await caches.open(SHARED);
    const files = await Promise.all((await cache.keys()).map(async (request) => {
        const response = await cache.match(request), blob = await response.blob();
        await cache.delete(request);
        return { file: new File([blob], decodeURIComponent(response.headers.get('X-Name')), { type: blob.type }), handle: null };
    }));
    if (files.length) addFiles(files);
}
