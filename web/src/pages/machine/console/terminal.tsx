import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'react';
import styles from './console.module.css';
import { spansWithoutStyleAttributes, withoutStyleElements } from './styles-without-elements.ts';

/** What a page does with the terminal while it is there. */
export interface TerminalHandle {
  write(bytes: Uint8Array): void;
  clear(): void;
  focus(): void;
}

export interface TerminalProps {
  label: string;
  onReady(handle: TerminalHandle): void;
  /** What was typed or pasted. */
  onText(text: string): void;
  /** As onText, each character a byte: reports of the mouse. */
  onBinary(binary: string): void;
  /** Somebody wants to leave it by the keyboard. */
  onLeave(): void;
}

/** Dark in both themes, as consoles are. */
const theme: ITheme = { background: '#0d1114', foreground: '#e2e8ec', cursor: '#e2e8ec' };
const scrollback = 5_000;

/** A terminal as wide and high as its place. */
export default function TerminalView({ label, onReady, onText, onBinary, onLeave }: TerminalProps) {
  const place = useRef<HTMLDivElement>(null);
  const port = useRef({ onReady, onText, onBinary, onLeave });
  port.current = { onReady, onText, onBinary, onLeave };
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const terminal = new Terminal({
      ...{ theme, scrollback, fontSize: 13, cursorBlink: false, screenReaderMode: true },
      fontFamily: getComputedStyle(element).fontFamily,
    });
    const spansAsBefore = spansWithoutStyleAttributes();
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    withoutStyleElements(document, () => terminal.open(element));
    terminal.textarea?.setAttribute('aria-label', label);
    terminal.onData((text) => port.current.onText(text));
    terminal.onBinary((binary) => port.current.onBinary(binary));
    // Every key goes to the machine but this one, so that nobody who has no mouse is caught here.
    terminal.attachCustomKeyEventHandler((event) => {
      if (event.key !== 'F6' || !event.ctrlKey) return true;
      if (event.type === 'keydown') port.current.onLeave();
      return false;
    });
    const resized = new ResizeObserver(() => fit.fit());
    resized.observe(element);
    port.current.onReady({
      write: (bytes) => terminal.write(bytes),
      clear: () => terminal.reset(),
      focus: () => terminal.focus(),
    });
    return () => {
      resized.disconnect();
      terminal.dispose();
      spansAsBefore();
    };
  }, [label]);
  return <div ref={place} className={styles.terminal} />;
}
