// The search of these pages runs in a worker, which browsers refuse to pages that are opened from a folder. Where they do,
// a hidden frame does the work instead. The `offline` plugin of mkdocs-material leaves out its own when it sees this name.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      const answer = (data) => {
        const event = new MessageEvent("message", { data });
        this.dispatchEvent(event);
        if (this.onmessage) this.onmessage(event);
      };
      inside.postMessage = answer;
      inside.importScripts = (...urls) => Promise.all(urls.map((each) => load(inside.document, each)));
      load(inside.document, url).then(() => {
        this.isReady = true;
        for (const data of this.waiting.splice(0)) this.postMessage(data);
      });
    }
    postMessage(data) {
      if (!this.isReady) this.waiting.push(data);
      else this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
    }
    terminate() {
      this.frame.remove();
    }
  };
  const load = (inside, url) =>
    new Promise((resolve, reject) => {
      const script = inside.createElement("script");
      script.onload = resolve;
      script.onerror = reject;
      script.src = url;
      inside.body.append(script);
    });
}
