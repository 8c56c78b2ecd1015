import type { ReactNode } from 'react';
import { Tab as One, TabList, TabPanel, Tabs as Tabbed } from 'react-aria-components/Tabs';

export interface Tab<T extends string> {
  id: T;
  label: ReactNode;
}

interface Props<T extends string> {
  label: string;
  tabs: readonly Tab<T>[];
  /** Which is shown; usually of the address (useFilters). */
  value: T;
  onChange: (id: T) => void;
  /** The panel of the one that is shown. */
  children: ReactNode;
}

/** Tabs that follow the arrow keys. */
export function Tabs<T extends string>({ label, tabs, value, onChange, children }: Props<T>) {
  return (
    // Told of a tab that is chosen already, too, which would be a step in the history.
    <Tabbed className="tabbed" selectedKey={value} onSelectionChange={(id) => { if (id !== value) onChange(id as T); }}>
      <TabList className="tabs" aria-label={label}>
        {tabs.map((tab) => <One key={tab.id} id={tab.id} className="tab" data-tab={tab.id}>{tab.label}</One>)}
      </TabList>
      <TabPanel id={value} className="stack">{children}</TabPanel>
    </Tabbed>
  );
}
