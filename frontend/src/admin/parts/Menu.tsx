import type { ReactNode } from 'react';
import { Menu as List, MenuItem as Line, MenuTrigger, Popover } from 'react-aria-components/Menu';
import { Icon } from '../icons';
import { Button } from './Button';

export interface MenuItem {
  label: string;
  onSelect: () => void;
  danger?: boolean;
}

interface Props {
  /** Names the menu, and its object: "Actions for Kim". */
  label: string;
  items: readonly (MenuItem | null | false)[];
  /** What the button shows; three dots without. */
  children?: ReactNode;
}

/** A button with a list of actions. */
export function Menu({ label, items, children }: Props) {
  const shown = items.filter((item): item is MenuItem => Boolean(item));
  if (!shown.length) return null;
  return (
    <MenuTrigger>
      <Button kind={children ? 'quiet' : 'plain'} className={children ? '' : 'icon-only'} aria-label={label}>{children ?? <Icon name="more" />}</Button>
      <Popover className="menu-list" placement="bottom end" offset={4} containerPadding={8}>
        <List aria-label={label}>
          {shown.map((item) => (
            <Line key={item.label} id={item.label} textValue={item.label} className={item.danger ? 'danger' : ''} onAction={item.onSelect}>{item.label}</Line>
          ))}
        </List>
      </Popover>
    </MenuTrigger>
  );
}
