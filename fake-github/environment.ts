import type { FakeGitHub } from './fake-github.ts'

/** The environment in which a process is the App of this GitHub, with a public board. */
export function environmentOf(github: FakeGitHub): Record<string, string> {
  return {
    APP_ID: String(github.appId),
    PRIVATE_KEY: github.privateKey,
    WEBHOOK_SECRET: github.webhookSecret,
    GITHUB_API_URL: github.url,
    GITHUB_URL: github.url,
    OIDC_ISSUER: github.oidcIssuer,
    ANDON_ACCESS: 'open',
  }
}
