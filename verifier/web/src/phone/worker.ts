// The service worker of the offline page.
export {};
