// The operators' page: what each part of Andon says of itself, in sections that the stream replaces one by one.
import type { StreamFormat } from './feed.ts'
import { whatIsWrong } from './health-problems.ts'
import type { HealthSection } from './health-section.ts'
import { healthSectionsOf } from './health-sections.ts'
import type { Onlooker } from './onlooker.ts'
import type { OperatorHealth } from './operators.ts'
import type { Fragment, PageModel } from './page-model.ts'
import { noSuchPage } from './params.ts'
import { fragmentsFormat } from './stream-formats.ts'
import type { Views } from './views.ts'

export function buildHealthPageModel(views: Views, health: OperatorHealth, user: Onlooker['user']): PageModel {
  const replay = user === null ? null : { token: user.formToken }
  const fragment = (section: HealthSection): Fragment => ({
    id: section.id,
    html: views.render('health-section', { ...section, replay }),
  })
  return {
    asOf: health.asOf,
    fragments: [
      { id: 'health-verdict', html: views.render('health-verdict', { wrong: whatIsWrong(health) }) },
      ...healthSectionsOf(health).map(fragment),
    ],
    lists: [],
  }
}

/** Fragments of the page, for one operator: its forms carry their token. */
export function healthFormat(views: Views, { health, user }: Onlooker): StreamFormat<PageModel> {
  return fragmentsFormat(async () => {
    if (health === null) throw noSuchPage()
    return buildHealthPageModel(views, await health.read(), user)
  })
}
