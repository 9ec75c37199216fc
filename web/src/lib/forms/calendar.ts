import flatpickr from 'flatpickr'
import { Mandarin } from 'flatpickr/dist/l10n/zh.js'
import { useEffect, useRef, type MutableRef } from 'preact/hooks'
import type { LanguageCode } from '../language.svelte'

type Options = {
  /** The input the calendar hangs on: one of its own, for on the visible one flatpickr turns 30 February into 2 March. */
  anchor: MutableRef<HTMLInputElement | null>
  dateInput: MutableRef<HTMLInputElement | null>
  language: LanguageCode
  onPick: (date: string) => void
}

/** A month to choose a day from, in the reader's language, beginning on Monday. */
export function useCalendar({ anchor, dateInput, language, onPick }: Options) {
  const picker = useRef<flatpickr.Instance | null>(null)
  const pick = useRef(onPick)
  pick.current = onPick

  useEffect(() => {
    if (!anchor.current || !dateInput.current) return
    const instance = flatpickr(anchor.current, {
      clickOpens: false,
      dateFormat: 'Y-m-d',
      disableMobile: true,
      static: true,
      ignoredFocusElements: [dateInput.current],
      locale: { ...(language === 'zh' ? Mandarin : {}), firstDayOfWeek: 1 },
      onChange: (_dates, date) => pick.current(date),
      onClose: (_dates, _text, self) => {
        if (self.calendarContainer.contains(document.activeElement)) dateInput.current?.focus()
      },
    })
    picker.current = instance
    return () => {
      instance.destroy()
      picker.current = null
    }
  }, [])

  return {
    open(chosen: string | null, today: string) {
      if (chosen) picker.current?.setDate(chosen, false)
      else picker.current?.jumpToDate(today)
      picker.current?.open()
    },
    focusDay() {
      const days = picker.current?.calendarContainer
      days?.querySelector<HTMLElement>('.flatpickr-day.selected, .flatpickr-day.today, .flatpickr-day')?.focus()
    },
    close: () => picker.current?.close(),
  }
}
