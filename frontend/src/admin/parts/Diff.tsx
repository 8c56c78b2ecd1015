import { useSite } from '../site';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value of an object under its path. */
function flat(value: unknown, path = ''): [string, string][] {
  if (isObject(value) && Object.keys(value).length) {
    return Object.entries(value).flatMap(([key, each]) => flat(each, path ? `${path}.${key}` : key));
  }
  if (value === undefined) return [];
  return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
}

/** What is different between two objects, value by value. */
export function Diff({ before, after, names = {} }: { before: unknown; after: unknown; names?: Readonly<Record<string, string>> }) {
  const { t } = useSite();
  const old = new Map(flat(before));
  const now = new Map(flat(after));
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
  if (!paths.length) return <p className="hint">{t('noDifference')}</p>;
  return (
    <div className="scroller" role="region" aria-label={t('differences')} tabIndex={0}>
      <table className="diff">
        <caption className="unseen">{t('differences')}</caption>
        <thead><tr><th scope="col">{t('what')}</th><th scope="col">{t('before')}</th><th scope="col">{t('after')}</th></tr></thead>
        <tbody>
          {paths.map((path) => (
            <tr key={path}>
              <th scope="row">{names[path] ?? <code dir="ltr">{path}</code>}</th>
              <td>{old.has(path) ? <del>{old.get(path)}</del> : '–'}</td>
              <td>{now.has(path) ? <ins>{now.get(path)}</ins> : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
