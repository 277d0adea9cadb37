import { resolve } from 'node:path'

/** How a command that works on somebody's checkout was started. */
export type CheckoutConfig = {
  /** Whether GitHub Actions reads what is printed, and shows annotations. */
  readonly isGitHubActions: boolean
  /** Where paths are relative to: npm starts scripts in Andon's folder, not in the one where they were typed. */
  readonly directory: string
}

export function readCheckoutConfig(environment: NodeJS.ProcessEnv): CheckoutConfig {
  const isAndonsFolder = resolve('.') === resolve(import.meta.dirname, '../..')
  return {
    isGitHubActions: environment.GITHUB_ACTIONS === 'true',
    directory: resolve((isAndonsFolder && environment.INIT_CWD) || '.'),
  }
}
