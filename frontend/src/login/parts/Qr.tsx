import { useEffect, useState } from 'react';
import type { Picture } from '../qr';

interface Props {
  uri: string;
  /** What to do with it. */
  scan: string;
  label: string;
}

/** The key as a picture. What draws it is loaded only here; until then, and if it does not come, the key and the link suffice. */
export function Qr({ uri, scan, label }: Props) {
  const [picture, setPicture] = useState<Picture | null>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let gone = false;
    import('../qr').then(
      ({ draw }) => { if (!gone) setPicture(draw(uri)); },
    ).catch(() => { if (!gone) setFailed(true); });
    return () => { gone = true; };
  }, [uri]);

  if (failed) return null;
  return (
    <div className="scan">
      <p>{scan}</p>
      <div className="qr">
        {picture ? (
          <svg role="img" aria-label={label} viewBox={`0 0 ${picture.size} ${picture.size}`}>
            <path d={picture.path} />
          </svg>
        ) : null}
      </div>
    </div>
  );
}
