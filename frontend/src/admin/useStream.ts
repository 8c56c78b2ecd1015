import { useEffect, useRef, useState } from 'react';

export type StreamState = 'connecting' | 'live' | 'polling' | 'paused';

interface Options {
  /** The event's name; `message` without. */
  event?: string;
  /** Asks in another way, while the stream does not come. */
  poll?: () => unknown;
  /** How often, in milliseconds. */
  every?: number;
  /** The parameter by which it goes on where it was, with the id of the last event. */
  resume?: string;
}

const slowest = 30_000;

/**
 * Listens to server-sent events at an address below /api/admin/v1; null listens to nothing. It connects again by itself,
 * slower each time, asks by `poll` meanwhile, and rests while nobody looks at the page. `lastAt` is when it last heard.
 */
export function useStream(address: string | null, take: (data: unknown) => void, { event = 'message', poll, every = 10_000, resume = '' }: Options = {}) {
  const [state, setState] = useState<StreamState>('connecting');
  const [lastAt, setLastAt] = useState<number | null>(null);
  const current = useRef({ take, poll });
  useEffect(() => { current.current = { take, poll }; });

  useEffect(() => {
    if (!address) return undefined;
    let source: EventSource | null = null;
    let again: ReturnType<typeof setTimeout> | undefined;
    let asking: ReturnType<typeof setInterval> | undefined;
    let failures = 0;
    let last = '';
    // Whether the stream that is open has said anything.
    let heard = false;

    const stopAsking = () => {
      clearInterval(asking);
      asking = undefined;
    };
    const stop = () => {
      source?.close();
      source = null;
      clearTimeout(again);
      stopAsking();
    };
    const beat = ({ lastEventId }: MessageEvent<string>) => {
      failures = 0;
      heard = true;
      last = lastEventId;
      stopAsking();
      setState('live');
      setLastAt(Date.now());
    };
    const hear = (message: MessageEvent<string>) => {
      const { data } = message;
      beat(message);
      try {
        current.current.take(JSON.parse(data));
      } catch {
        // A line that is no JSON is a comment of some proxy.
      }
    };
    const connect = () => {
      stop();
      heard = false;
      const on = resume && last ? `${address.includes('?') ? '&' : '?'}${resume}=${encodeURIComponent(last)}` : '';
      source = new EventSource(address + on);
      source.addEventListener('open', () => { setState('live'); });
      source.addEventListener(event, hear as (event: Event) => void);
      // What is said when nothing happens.
      source.addEventListener('beat', beat as (event: Event) => void);
      source.addEventListener('error', () => {
        // The browser's own way of connecting again knows no end and no patience.
        source?.close();
        if (heard) {
          // Streams end by themselves, after a time that the server knows.
          clearTimeout(again);
          again = setTimeout(connect, 100);
          return;
        }
        failures += 1;
        setState(current.current.poll ? 'polling' : 'connecting');
        asking ??= setInterval(() => { current.current.poll?.(); }, every);
        clearTimeout(again);
        again = setTimeout(connect, Math.min(1000 * 2 ** failures, slowest));
      });
    };
    const look = () => {
      if (document.hidden) {
        stop();
        setState('paused');
      } else {
        setState('connecting');
        connect();
      }
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      stop();
    };
  }, [address, event, every, resume]);

  return { state, lastAt };
}
