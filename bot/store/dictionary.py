"""What a paper's record is likely to contain: the preset dictionaries that its compression starts from.

Words and phrases that many abstracts share, the commonest last, where deflate finds them with the shortest distances. One made in the
same way from half of 211 abstracts of arXiv and Hugging Face packed the other half (1,490 bytes on average) into 610 bytes, not 740.
"""

from __future__ import annotations

from typing import Final

_FIRST = (
    b"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/.png https://huggingface.co/ https://arxiv.org/abs/ https://git"
    b"hub.com/ .github.io/ https:// cs.DC cs.SE cs.HC cs.IR cs.NE cs.MA cs.CR eess.AS eess.IV stat.ML cs.RO cs.CV cs.CL cs.AI cs.LG "
    b"arxiv huggingface pages, figures Accepted at University of Technology Institute Google Microsoft Research  we introduce a Prom"
    b"pt Optimization prompts several with Large Language study (LLMs) have demonstrated In this work, we present LLMs in-context kn"
    b"owledge and multimodal our method prediction significant improvements substantially the strongest to achieve within Language M"
    b"odels with Our findings We evaluate a novel framework a promising alternative continuously domains foundation models fundament"
    b"al generation. improvements interactive intermediate modeling process range of remains results show that the current their per"
    b"formance training and trajectories understanding and advancements in alignment attention capabilities of questions where the I"
    b"n this paper, we propose during recent significantly outperforms tasks, over limited this work, we present agents better effec"
    b"tiveness, efficiency, instruction tuning large language model (LLM) models and reasoning, reconstruction scenarios. standard s"
    b"truggle underlying capabilities and have been highlighting the learning. the potential of designed to dynamically generation, "
    b"investigate learning from lightweight limitations the impact of the model's training data However, the In this paper, we intro"
    b"duce Motivated by pre-training reinforcement learning (RL) supervised fine-tuning the training identify paradigm scalable demo"
    b"nstrate the have demonstrated remarkable introduces pretrained to improve However, existing have demonstrated reinforcement le"
    b"arning, testing the first while maintaining code is available at exploration of these often substantial traditional In this wo"
    b"rk, we propose automatically in large language models of Large Language Models show that our systems task-specific human We pr"
    b"opose ability to enhancing existing methods generated generative inference models to natural language resulting techniques thi"
    b"s, we propose also enabling feedback more specific In this paper, we present achieves state-of-the-art current To address thes"
    b"e challenges, we compared to domain-specific effectively introduce a large-scale specialized three Moreover, prompt optimizati"
    b"on we demonstrate that Optimization accuracy foundation instructions models, models. particularly performance in quality reaso"
    b"ning capabilities Additionally, complementary\nLarge Language Models (LLMs) have large language models (LLMs) with analysis ben"
    b"chmarks, designed find that improvement improving machine learning number of promising training, This paper both generating pu"
    b"blicly available structured the development of to enhance\nLarge Language Models (LLMs) Furthermore, To address this enhance pr"
    b"ovide state-of-the-art performance trained various applications. comprehensive computational results demonstrate that systemat"
    b"ically this paper, we introduce where with a tasks and This Experiments results demonstrate findings requires a novel into our"
    b" approach performance, These results understanding across diverse challenges improves performance across pre-trained strong pe"
    b"rformance that the for the of large language models (LLMs) can be tasks. we present evaluations open-source rather than consis"
    b"tently outperforms efficient extensive framework for the potential Reinforcement Learning increasingly strategies learning, cr"
    b"itical datasets fine-tuning large language models (LLMs), multiple the effectiveness of capability development of tasks is ava"
    b"ilable at curriculum learning is available evaluate improve without using Extensive experiments demonstrate that Learning achi"
    b"eves development mathematical reasoning experiments demonstrate that representations complex effectiveness challenging potenti"
    b"al between performance. To address real-world and the diverse Specifically, we to the Extensive experiments on capabilities. f"
    b"rom the to generate consistently evaluation further high-quality optimization present the model performance on research in the"
    b" available at such as we propose a while approaches generalization which different effective including their of large language"
    b" models achieving on the based on these with the benchmarks Large Language Models (LLMs) We introduce Specifically, informatio"
    b"n from available methods In this work, we generation the performance of through results performance of knowledge reasoning app"
    b"roach outperforms Language Models (LLMs) capabilities across show that reinforcement learning Extensive experiments In this pa"
    b"per, we significantly However, with existing framework that experiments of the we introduce training demonstrate that state-of"
    b"-the-art Large Language Models framework large language models (LLMs) demonstrate we propose learning Language Models introduc"
    b"e large language models language models performance"
)

DICTIONARIES: Final = {1: _FIRST}
"""By version of the record's form. A dictionary never changes once it is released: bytes packed with it could not be read any more."""
