// Start of the public page: what works without script is made better here.
import "../shared/base.css";
import "../shared/verdict.css";
import "./page.css";
