import type { Schemas } from '../../api';

/** A beginning in the words that most libraries have. SECRET stands for the secret, which nobody can look up. */
export function snippetOf(kind: Schemas['ApplicationKind'], id: string, settings: Schemas['ApplicationSettings'], issuer: string): string {
  const uri = settings.redirectUris?.[0] ?? '';
  const scopes = settings.scopes ?? [];
  const scope = scopes.join(' ');
  switch (kind) {
    case 'machine':
      return [
        `curl -u ${id}:SECRET ${issuer}/oauth2/token \\`,
        `  -d grant_type=client_credentials${scope ? ` \\\n  --data-urlencode 'scope=${scope}'` : ''}`,
      ].join('\n');
    case 'web':
      return [
        `OIDC_ISSUER=${issuer}`, `OIDC_CLIENT_ID=${id}`, 'OIDC_CLIENT_SECRET=SECRET', `OIDC_REDIRECT_URI=${uri}`, `OIDC_SCOPE="${scope}"`,
      ].join('\n');
    default:
      return [
        '{', `  "authority": "${issuer}",`, `  "client_id": "${id}",`, `  "redirect_uri": "${uri}",`, '  "response_type": "code",', `  "scope": "${scope}"`, '}',
      ].join('\n');
  }
}
