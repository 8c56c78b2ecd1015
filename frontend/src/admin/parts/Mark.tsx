import { Icon } from '../icons';

/** The box that is ticked. The library hides the browser's own, which is still what is clicked, focused and sent. */
export const Mark = () => <span className="box" aria-hidden="true"><Icon name="check" /></span>;
