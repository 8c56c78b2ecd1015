import type { ReactNode } from 'react';

function Icon({ name, children }: { name: string; children: ReactNode }) {
  return (
    <svg className={`icon ${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** The gate, and the way through it. */
export const Mark = () => (
  <Icon name="mark">
    <path d="M3 21V12a9 9 0 0 1 18 0v9M8 21v-9a4 4 0 0 1 8 0v9" />
  </Icon>
);

export const Warning = () => (
  <Icon name="warning">
    <path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7.5v5.5M12 16.4v.1" />
  </Icon>
);

export const Check = () => (
  <Icon name="check">
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

export const Elsewhere = () => (
  <Icon name="elsewhere">
    <path d="M13 4h5a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-5M4 12h11m-4-4 4 4-4 4" />
  </Icon>
);

export const Eye = () => (
  <Icon name="eye">
    <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6" />
    <path className="slash" d="M4 4l16 16" />
  </Icon>
);
