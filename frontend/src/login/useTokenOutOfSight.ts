import { useEffect } from 'react';

/** Takes the link's token out of the address bar, the history and what is shared from them. The form still posts to it. */
export function useTokenOutOfSight(): void {
  useEffect(() => {
    if (!location.search) return;
    document.getElementById('form')?.setAttribute('action', location.pathname + location.search);
    history.replaceState(history.state, '', location.pathname);
  }, []);
}
