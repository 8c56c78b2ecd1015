import { useEffect, useState } from 'react';

/** Counts down from `seconds` to 0, by the clock: a timer of a page in the background is late. */
export function useCountdown(seconds: number): number {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (!seconds) return;
    const end = Date.now() + seconds * 1000;
    const timer = setInterval(() => {
      const rest = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      setLeft(rest);
      if (!rest) clearInterval(timer);
    }, 1000);
    return () => { clearInterval(timer); };
  }, [seconds]);
  return left;
}
