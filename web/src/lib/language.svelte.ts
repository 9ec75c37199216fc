import { en } from './texts/en'
import { zh, type Texts } from './texts/zh'

export type LanguageCode = 'zh' | 'en'
export type Name = { zh: string; en?: string | null }

const KEPT_AS = 'marque.language'

/** The reader's language: Chinese unless the reader chose English on this machine. */
class Language {
  code = $state<LanguageCode>(localStorage.getItem(KEPT_AS) === 'en' ? 'en' : 'zh')

  get texts(): Texts {
    return this.code === 'en' ? en : zh
  }

  /** The name in the reader's language; Chinese where no English is drawn. */
  pick(name: Name | null | undefined): string {
    if (!name) return ''
    return (this.code === 'en' && name.en) || name.zh
  }

  toggle(): void {
    this.code = this.code === 'zh' ? 'en' : 'zh'
    localStorage.setItem(KEPT_AS, this.code)
  }
}

export const language = new Language()
