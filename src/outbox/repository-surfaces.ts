// What GitHub should show of a repository: a check on the commit that brought mistakes into its file. Once they are
// mended nothing more is said: the check stays with its commit, as history.
import { configurationCheck, configurationId } from '../render/configuration-check-run.ts'
import type { Mistaken } from '../render/configuration-notice.ts'
import type { Side } from './diff-surfaces.ts'

/** None where the file belongs to the organisation: its own repository has the commit. */
export function repositorySides(
  mistaken: Mistaken,
  o: { repositoryId: number; pageUrl: string; githubUrl: string },
): readonly Side[] {
  const { source, headSha: sha } = mistaken
  if (source !== 'repository' || sha === null) return []
  return [
    {
      surface: `configuration/${sha}`,
      mark: { kind: 'check', sha, externalId: configurationId(o.repositoryId, sha) },
      text: { kind: 'check', check: configurationCheck(mistaken, { ...o, sha }) },
      creates: true,
    },
  ]
}
