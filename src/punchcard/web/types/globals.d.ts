// What the pages find in their browser beside what TypeScript knows of it.

/** uPlot, loaded by a script of its own; as far as the charts use it. */
interface Plot {
  root: HTMLElement;
  data: (number | null)[][];
  cursor: { idx: number | null | undefined };
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}

interface Window {
  uPlot: {
    new (options: object, data: (string | number | null)[][], place: Element): Plot;
    tzDate(date: Date, zone: string): Date;
    paths: { bars(options: { size: number[]; radius: number }): unknown };
  };
}

/** The browser's reader of codes, or the one of barcode-detector. */
interface CodeReader {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

interface CodeReaderClass {
  new (options: { formats: string[] }): CodeReader;
  getSupportedFormats(): Promise<string[]>;
}

declare var BarcodeDetector: CodeReaderClass | undefined;

/** The viewer of the API's reference, loaded by a script of its own. */
declare function SwaggerUIBundle(options: Record<string, unknown>): void;

/** A lamp is no part of the standard's capabilities. */
interface MediaTrackCapabilities {
  torch?: boolean;
}

interface MediaTrackConstraintSet {
  torch?: boolean;
}

/** Chromium's offer to keep a page on the home screen. */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

interface WindowEventMap {
  beforeinstallprompt: BeforeInstallPromptEvent;
}
