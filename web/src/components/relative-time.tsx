import { useEffect, useState } from 'react';
import { ageOf } from '../format/time.ts';

/** How long ago something was, which goes on; the moment itself in the tooltip. */
export function RelativeTime({ at }: { at: string | undefined }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  if (at === undefined) return '–';
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {ageOf(at, now)}
    </time>
  );
}
