import { useEffect, useState } from 'react';
import { useStep } from '../page';
import type { Picture } from '../qr';

/** The key as a picture. What draws it is loaded only here; until then, and if it does not come, the key and the link suffice. */
export function Qr() {
  const { view, t } = useStep();
  const [picture, setPicture] = useState<Picture | null>(null);
  const [failed, setFailed] = useState(false);
  const { uri } = view;

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
      <p>{t('enrolScan')}</p>
      <div className="qr">
        {picture ? (
          <svg role="img" aria-label={t('qr')} viewBox={`0 0 ${picture.size} ${picture.size}`}>
            <path d={picture.path} />
          </svg>
        ) : null}
      </div>
    </div>
  );
}
