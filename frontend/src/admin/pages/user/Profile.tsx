import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../api';
import { useMay } from '../../me';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Badge, Code, Time } from '../../parts/small';
import { useSite } from '../../site';
import { Edit } from './Edit';
import { useText } from './texts';

/** Who somebody is, and a form to change it. */
export function Profile({ person }: { person: Schemas['Person'] }) {
  const { t } = useText();
  const mayChange = useMay('operator');
  return (
    <div className="columns">
      {mayChange ? <Edit person={person} /> : null}
      <Panel title={t('facts')}>
        <DefinitionList
          items={[
            ...(mayChange ? [] : [
              { label: t('name'), value: person.name ? <bdi>{person.name}</bdi> : '' },
              { label: t('email'), value: <bdi>{person.email}</bdi> },
              { label: t('roles'), value: person.roles.join(', ') },
            ]),
            { label: t('verifiedSince'), value: <Time at={person.verifiedAt} /> },
            { label: t('created'), value: <Time at={person.createdAt} /> },
            { label: t('lastSignIn'), value: <Time at={person.lastSignIn} /> },
            { label: t('changed'), value: <Time at={person.updatedAt} /> },
            ...(person.blockedAt ? [{ label: t('blockedSince'), value: <Time at={person.blockedAt} /> }] : []),
            ...(person.deleteAfter ? [{ label: t('deleteAfter'), value: <Time at={person.deleteAfter} /> }] : []),
            { label: t('administers'), value: <Administers person={person} /> },
            { label: t('id'), value: <Code>{person.id}</Code> },
          ]}
        />
      </Panel>
    </div>
  );
}

function Administers({ person }: { person: Schemas['Person'] }) {
  const { t } = useText();
  const { catalog } = useSite();
  if (!person.administers.length && !person.administersElsewhere) return <>{t('nothing')}</>;
  return (
    <span className="actions">
      {person.administers.map(({ role, everything, tenant, name }) => (
        <span className="actions" key={tenant}>
          <Badge tone="warn">{catalog.roles[role]}</Badge>
          {everything ? t('everything') : <Link to="/t/$tenant/access" params={{ tenant }}><bdi>{name}</bdi></Link>}
        </span>
      ))}
      {person.administersElsewhere ? <span>{t('elsewhere')}</span> : null}
    </span>
  );
}
