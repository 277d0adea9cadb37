// What GitHub should show of a repository: a check run on the commit that brought mistakes into its file. Once they are
// fixed, nothing more is written: the check run stays on its commit, as history.
import { configurationExternalId, renderConfigurationCheckRun } from '../render/configuration-check-run.ts'
import type { InvalidConfiguration } from '../render/configuration-notice.ts'
import type { DesiredSurface } from './diff-surfaces.ts'

/** None when the file belongs to the organisation: the commit is in another repository. */
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
