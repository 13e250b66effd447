import { render } from "preact";
import { Detail } from "./parts/detail.tsx";
import { Dialogs, TokenForm } from "./parts/dialogs.tsx";
import { Facets } from "./parts/facets.tsx";
import { Histogram } from "./parts/histogram.tsx";
import { listenToKeys } from "./parts/keyboard.ts";
import { List } from "./parts/list.tsx";
import { Losses } from "./parts/losses.tsx";
import { FileProgress, listenToFiles } from "./parts/open-file.tsx";
import { ConnectionBar, LossBanner, TopBar } from "./parts/top-bar.tsx";
import { announcement, needsToken, problem, start, url } from "./state/app-state.ts";
import { showText } from "./text/format.ts";

function App() {
  if (needsToken.value) return <TokenForm />;
  const { view, selected } = url.value;
  return (
    <>
      <TopBar />
      <ConnectionBar />
      <LossBanner />
      {problem.value !== undefined && (
        <p class="banner wrong" role="alert">
          <span class="said">{showText(problem.value)}</span>
        </p>
      )}
      {view === "losses" ? (
        <main>
          <Losses />
        </main>
      ) : (
        <main class={`exchanges ${selected === undefined ? "" : "with-detail"}`}>
          <h1 class="visually-hidden">Exchanges</h1>
          <Histogram />
          <Facets />
          <List />
          <Detail />
        </main>
      )}
      <FileProgress />
      <Dialogs />
      <div class="visually-hidden" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}

render(<App />, document.getElementById("app")!);
listenToKeys();
listenToFiles();
void start();
