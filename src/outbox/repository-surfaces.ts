// What GitHub should show of a repository: a check on the commit that brought mistakes into its file. Once they are
// mended nothing more is said: the check stays with its commit, as history.
import { configurationExternalId, renderConfigurationCheckRun } from '../render/configuration-check-run.ts'
import type { InvalidConfiguration } from '../render/configuration-notice.ts'
import type { DesiredSurface } from './diff-surfaces.ts'

/** None where the file belongs to the organisation: its own repository has the commit. */
export function desiredRepositorySurfaces(
  configuration: InvalidConfiguration,
  o: { repositoryId: number; pageUrl: string; githubUrl: string },
): readonly DesiredSurface[] {
  const { source, headSha: sha } = configuration
  if (source !== 'repository' || sha === null) return []
  return [
    {
      surface: `configuration/${sha}`,
      locator: { kind: 'check', sha, externalId: configurationExternalId(o.repositoryId, sha) },
      content: { kind: 'check', check: renderConfigurationCheckRun(configuration, { ...o, sha }) },
      mayCreate: true,
    },
  ]
}
